// @ts-check
/// <reference lib="dom" />

/**
 * Finds an element of the page by its id.
 *
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`The page has no ${kind.name} with the id "${id}"`);
}

/**
 * Finds the one descendant with a `data-part` of this name.
 *
 * @template {Element} T
 * @param {ParentNode} parent
 * @param {string} name
 * @param {new () => T} kind
 * @returns {T}
 */
export function part(parent, name, kind) {
  const element = parent.querySelector(`[data-part="${name}"]`);
  if (element instanceof kind) return element;
  throw new Error(`There is no ${kind.name} named "${name}"`);
}

/**
 * Copies the single element in a template.
 *
 * @param {string} id of the template
 * @returns {HTMLElement}
 */
export function copyOf(id) {
  const [element] = byId(id, HTMLTemplateElement).content.children;
  if (element === undefined) throw new Error(`The template "${id}" is empty`);
  return /** @type {HTMLElement} */ (element.cloneNode(true));
}

/**
 * Sets the text of an element if it differs: without a change nothing is redrawn, and no selection
 * is lost.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Sets an attribute if its value differs.
 *
 * @param {Element} element
 * @param {string} name
 * @param {string} value
 */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
