// @ts-check
/// <reference lib="dom" />
/**
 * @import { BackendView } from "../../metrics/status_view.ts"
 * @import { Share } from "./shares.js"
 */
import { copyOf, part, setAttribute, setText } from "./element.js";
import {
  formatAge,
  formatBytes,
  formatCount,
  formatMs,
  formatRate,
  formatShare,
} from "./figures.js";
import { CONDITIONS, reasonOf } from "./verdict.js";

/**
 * The id of a backend's row in the page, for links to it.
 *
 * @param {string} backendId
 */
export function rowId(backendId) {
  return `backend-${backendId}`;
}

/** The row of a backend; only what has changed is written again. */
export class BackendRow {
  element = copyOf("backend-template");
  /** The text that the filter searches. */
  words = "";
  #parts;
  #modes;
  #buttons;

  /**
   * @param {BackendView} backend
   * @param {(mode: string) => void} onMode called with the requested mode
   */
  constructor(backend, onMode) {
    const { element } = this;
    element.id = rowId(backend.id);
    element.dataset.backend = backend.id;
    this.#parts = {
      tag: part(element, "tag", HTMLElement),
      state: part(element, "state", HTMLElement),
      sign: part(element, "sign", HTMLElement),
      condition: part(element, "condition", HTMLElement),
      fill: part(element, "fill", HTMLElement),
      mark: part(element, "mark", HTMLElement),
      share: part(element, "share", HTMLElement),
      wanted: part(element, "wanted", HTMLElement),
      active: part(element, "active", HTMLElement),
      new: part(element, "new", HTMLElement),
      bytes: part(element, "bytes", HTMLElement),
      p50: part(element, "p50", HTMLElement),
      p99: part(element, "p99", HTMLElement),
      change: part(element, "change", HTMLElement),
      changeCell: part(element, "change-cell", HTMLElement),
      age: part(element, "age", HTMLElement),
    };
    setText(part(element, "name", HTMLElement), backend.name);
    this.#modes = part(element, "modes", HTMLElement);
    setAttribute(this.#modes, "aria-label", `Set ${backend.name} to`);
    this.#buttons = [...element.querySelectorAll("button")];
    for (const button of this.#buttons) {
      button.addEventListener("click", () => {
        if (button.getAttribute("aria-pressed") !== "true") onMode(button.dataset.mode ?? "");
      });
    }
  }

  /**
   * @param {BackendView} backend
   * @param {Share} share
   * @param {number} nowMs milliseconds since 1970, by the clock of Weir
   */
  update(backend, share, nowMs) {
    const parts = this.#parts;
    const { rates } = backend;
    const { label, sign, tone } = CONDITIONS[backend.condition];
    this.words = `${backend.id} ${label} ${backend.mode}`.toLowerCase();
    setAttribute(parts.state, "data-tone", tone);
    setText(parts.sign, sign);
    setText(parts.condition, label);
    const tags = describeTags(backend);
    setText(parts.tag, tags);
    parts.tag.hidden = tags === "";

    setWidth(parts.fill, "width", share.actual);
    setWidth(parts.mark, "left", share.wanted);
    parts.mark.hidden = share.wanted === undefined;
    setText(parts.share, formatShare(share.actual));
    setText(parts.wanted, formatShare(share.wanted));

    setText(parts.active, describeActive(backend));
    setText(parts.new, formatRate(rates.sessionsPerSecond));
    setText(parts.bytes, formatBytes(rates.bytesInPerSecond + rates.bytesOutPerSecond));
    setText(parts.p50, formatMs(rates.connectTimeP50Ms));
    setText(parts.p99, formatMs(rates.connectTimeP99Ms));

    const why = reasonOf(backend);
    setText(parts.change, why === "" ? "none so far" : why);
    parts.changeCell.toggleAttribute("data-is-empty", why === "");
    const { lastChange } = backend;
    setText(
      parts.age,
      lastChange === undefined ? "" : `${formatAge(nowMs - lastChange.atMs)} ago`,
    );
    this.#modes.hidden = backend.condition === "leaving";
    for (const button of this.#buttons) {
      setAttribute(button, "aria-pressed", String(button.dataset.mode === backend.mode));
    }
  }
}

/** @param {BackendView} backend */
function describeTags(backend) {
  const { agent, backup, condition, differsFromFile, configuredWeight, health, weight } = backend;
  if (condition === "leaving") return "removed, still has sessions";
  const now = `weight ${formatWeight(weight)}`;
  return [
    ...(backup ? ["backup"] : []),
    differsFromFile.includes("weight")
      ? `${now}, ${configuredWeight} in the file`
      : weight === configuredWeight
      ? now
      : `${now} of ${configuredWeight}`,
    ...(differsFromFile.includes("mode") ? ["mode differs from the file"] : []),
    ...(agent === undefined ? [] : [`agent: ${agent}`]),
    // It may be up only because it is not checked.
    ...(condition === "up" && health === "unchecked" ? ["not checked"] : []),
  ].join(", ");
}

/** @param {number} weight */
function formatWeight(weight) {
  return String(Math.round(weight * 100) / 100);
}

/** @param {BackendView} backend */
function describeActive({ figures, maxConnections }) {
  const active = formatCount(figures.active);
  return maxConnections === 0 ? active : `${active} / ${formatCount(maxConnections)}`;
}

/**
 * @param {HTMLElement} element
 * @param {"width" | "left"} property
 * @param {number | undefined} share
 */
function setWidth(element, property, share) {
  const width = `${((share ?? 0) * 100).toFixed(1)}%`;
  if (element.style[property] !== width) element.style[property] = width;
}
