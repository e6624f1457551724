/** The dashboard in a browser, as tests look at it and use it. */
import axe from "axe-core/axe.min.js" with { type: "text" };
import type { Locator, Page } from "playwright-core";

/** What axe found, as far as the tests use it. */
interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly unknown[] }[];
}

/** Finds what overlaps something else in a row, or does not fit under the head of its column. */
const FIND_COLLISIONS = `[...document.querySelectorAll("tr")].flatMap((row) => {
  const boxes = [];
  for (const part of row.querySelectorAll("[data-part], .bar, .modes button, thead th")) {
    if (part.querySelector("[data-part]") !== null && !part.matches(".state")) continue;
    if (part.matches(".state [data-part], .bar *, .modes")) continue;
    const range = document.createRange();
    range.selectNodeContents(part);
    const isBox = part.matches(".state, .bar, button");
    const rects = isBox ? [part.getBoundingClientRect()] : [...range.getClientRects()];
    for (const rect of rects) if (rect.width > 0) boxes.push({ part, rect });
  }
  const name = ({ part }) => part.dataset.part ?? (part.textContent.trim() || part.className);
  return boxes.flatMap((a, index) => boxes.slice(index + 1).filter((b) => a.part !== b.part)
    .filter((b) => a.rect.left < b.rect.right - 1.5 && b.rect.left < a.rect.right - 1.5 &&
      a.rect.top < b.rect.bottom - 4 && b.rect.top < a.rect.bottom - 4)
    .map((b) => name(a) + " stands on " + name(b)));
})`;

/** A part of the row of a backend. */
export function cell(page: Page, backend: string, part: string): Locator {
  return page.locator(`tr[data-backend$="/${backend}"] [data-part="${part}"]`);
}

/** Waits until a part of a row has this text. */
export async function cellIs(
  page: Page,
  backend: string,
  part: string,
  text: string | RegExp,
): Promise<void> {
  await cell(page, backend, part).filter({ hasText: text }).waitFor();
}

/** Presses a button of a row, and confirms. */
export async function setMode(page: Page, backend: string, mode: string): Promise<void> {
  await page.locator(`tr[data-backend$="/${backend}"] button[data-mode="${mode}"]`).click();
  await page.locator("#confirm-yes").click();
  await page.locator("#confirm").waitFor({ state: "hidden" });
}

/** Finds violations of WCAG 2.2, levels A and AA. */
export async function findViolations(page: Page): Promise<string[]> {
  const results = await page.evaluate(`(async () => {
    if (globalThis.axe === undefined) { ${axe} }
    return await globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
  })()`) as AxeResults;
  return results.violations.map(({ id, nodes }) => `${id}: ${JSON.stringify(nodes)}`);
}

/** Finds texts that overlap others in a row, or do not fit under the head of their column. */
export function findCollisions(page: Page): Promise<unknown> {
  return page.evaluate(FIND_COLLISIONS);
}
