// @ts-check
/// <reference lib="dom" />
/**
 * @import { StatusView } from "../../metrics/status_view.ts"
 * @import { Problem } from "./verdict.js"
 */
import { rowId } from "./backend_row.js";
import { byId, setAttribute, setText } from "./element.js";
import { formatAge, formatBytes, formatCount, formatCounted, formatRate } from "./figures.js";
import { addUp, countBackends } from "./totals.js";
import { describeVerdict, findProblems } from "./verdict.js";

const MOST_LISTED = 5;
const SIGNS = { good: "✓", fair: "!", bad: "✕" };

/** The overall state, at a glance. */
export class VerdictView {
  #section = byId("verdict", HTMLElement);
  #sign = byId("verdict-sign", HTMLElement);
  #text = byId("verdict-text", HTMLElement);
  #problems = byId("problems", HTMLElement);
  #about = byId("about", HTMLElement);
  #listed = "";

  /** @param {StatusView} status */
  update(status) {
    const problems = findProblems(status);
    const { tone, text } = describeVerdict(problems);
    setAttribute(this.#section, "data-tone", tone);
    setText(this.#sign, SIGNS[tone]);
    setText(this.#text, text);
    document.title = tone === "good" ? "Weir" : `(${problems.length}) Weir`;
    const surplus = problems.length - MOST_LISTED;
    this.#list([
      ...problems.slice(0, MOST_LISTED),
      ...(surplus > 0 ? [{ text: `… and ${surplus} more` }] : []),
    ]);
    const uptime = formatAge(status.atMs - status.startedAtMs);
    const workers = status.workers.length;
    setText(
      this.#about,
      `${status.version} · ${status.file} · ${formatCounted(workers, "worker")} · up for ${uptime}`,
    );
    const totals = addUp(status);
    const { serving, all } = countBackends(status);
    write("total-active", formatCount(totals.active));
    write("total-new", formatRate(totals.sessionsPerSecond));
    write("total-in", `${formatBytes(totals.bytesInPerSecond)}/s`);
    write("total-out", `${formatBytes(totals.bytesOutPerSecond)}/s`);
    write("total-errors", formatRate(totals.errorsPerSecond));
    write("total-up", `${serving} of ${all}`);
  }

  /**
   * Shows that the state is unknown: the figures on the page are old.
   *
   * @param {string} why
   */
  unknown(why) {
    setAttribute(this.#section, "data-tone", "none");
    setText(this.#sign, "?");
    setText(this.#text, `Status unknown: ${why}`);
    document.title = "(?) Weir";
    this.#list([]);
  }

  /** @param {readonly Pick<Problem, "text" | "backend">[]} problems */
  #list(problems) {
    const joined = problems.map(({ text }) => text).join("\n");
    if (this.#listed === joined) return;
    this.#listed = joined;
    this.#problems.replaceChildren(...problems.map(({ text, backend }) => {
      const item = document.createElement("li");
      item.append(backend === undefined ? text : linkTo(backend, text));
      return item;
    }));
  }
}

/**
 * @param {string} backendId
 * @param {string} text
 */
function linkTo(backendId, text) {
  const link = document.createElement("a");
  link.href = `#${encodeURIComponent(rowId(backendId))}`;
  link.textContent = text;
  return link;
}

/**
 * @param {string} id
 * @param {string} text
 */
function write(id, text) {
  setText(byId(id, HTMLElement), text);
}
