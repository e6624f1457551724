// @ts-check
/**
 * @import { ReloadResult } from "../../../supervisor/reloader.ts"
 * @import { BackendView, PoolView, StatusView } from "../../metrics/status_view.ts"
 */
import { formatCounted } from "./figures.js";
import { takesSessions } from "./shares.js";

/**
 * Something that needs an operator's attention.
 *
 * @typedef {object} Problem
 * @property {"severe" | "minor"} severity severe: clients are refused, or will be
 * @property {string} text a sentence without a final period
 * @property {string} [backend] the id of the backend that it is about
 */

/** The states of a backend: the label, sign and tone of each. */
export const CONDITIONS = /** @type {const} */ ({
  up: { label: "Up", sign: "●", tone: "good" },
  trial: { label: "On trial", sign: "◐", tone: "fair" },
  unused: { label: "Weight 0", sign: "○", tone: "idle" },
  drain: { label: "Draining", sign: "▼", tone: "idle" },
  maintenance: { label: "Maintenance", sign: "■", tone: "idle" },
  leaving: { label: "Leaving", sign: "◁", tone: "idle" },
  ejected: { label: "Ejected", sign: "▲", tone: "bad" },
  down: { label: "Down", sign: "✕", tone: "bad" },
});

/**
 * The problems, worst first. What an operator has ordered, such as a drain, is not a problem.
 *
 * @param {StatusView} status
 * @returns {Problem[]}
 */
export function findProblems(status) {
  const reasons = [status, ...status.listeners].flatMap(({ notReadyReasons }) => notReadyReasons);
  /** @type {Problem[]} */
  const problems = reasons.map((text) => ({ severity: "severe", text: upperFirst(text) }));
  const { last } = status.reloads;
  if (last !== undefined && !last.ok) {
    problems.push({
      severity: "minor",
      text: `The last reload failed, and the old settings are in force: ${reasonOfReload(last)}`,
    });
  }
  for (const { name: pool, backends, unresolved } of status.pools) {
    for (const { name, problem } of unresolved) {
      problems.push({
        severity: "minor",
        text: `Backend ${name} of ${pool} is left out because its name has no address: ${problem}`,
      });
    }
    for (const backend of backends) {
      if (backend.condition !== "down" && backend.condition !== "ejected") continue;
      const state = `is ${CONDITIONS[backend.condition].label.toLowerCase()}`;
      const why = reasonOf(backend);
      // The last change may be a different one, and then it is not the reason.
      const says = why.startsWith(state) ? why : state;
      problems.push({
        severity: "minor",
        text: `Backend ${backend.name} of ${pool} ${says}`,
        backend: backend.id,
      });
    }
  }
  return problems;
}

/**
 * The verdict in a few words.
 *
 * @param {readonly Problem[]} problems
 * @returns {{ readonly tone: "good" | "fair" | "bad", readonly text: string }}
 */
export function describeVerdict(problems) {
  if (problems.length === 0) return { tone: "good", text: "All good" };
  const text = formatCounted(problems.length, "problem");
  return { tone: problems.some(({ severity }) => severity === "severe") ? "bad" : "fair", text };
}

/**
 * Why a backend's state last changed, without repeating the backend's name.
 *
 * @param {BackendView} backend
 * @returns {string}
 */
export function reasonOf({ lastChange, name }) {
  if (lastChange === undefined) return "";
  const { text } = lastChange;
  const about = /^Backend (\S+) of pool \S+?:? /.exec(text);
  return about !== null && about[1] === name ? text.slice(about[0].length) : text;
}

/**
 * Why a reload failed: the first error in the file with its line, or another problem.
 *
 * @param {ReloadResult} reload
 * @returns {string}
 */
function reasonOfReload({ diagnostics, problems }) {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const [error] = errors;
  if (error === undefined) return problems[0] ?? "the file has errors";
  const place = error.line > 0 ? `line ${error.line}: ` : "";
  const count = errors.reduce((sum, { count = 1 }) => sum + count, 0);
  const more = count > 1 ? ` (and ${count - 1} more)` : "";
  return `${place}${error.message}${more}`;
}

/**
 * The consequence of setting a backend to drain or maintenance, if it is worth a warning.
 *
 * @param {PoolView} pool
 * @param {string} id
 * @returns {string} empty if there is nothing to warn about
 */
export function warnOfLast(pool, id) {
  const serving = pool.backends.filter(takesSessions);
  const isLast = serving.length === 1 && serving[0]?.id === id;
  return isLast
    ? `New clients will be refused: it is the last backend of ${pool.name} that takes sessions.`
    : "";
}

/** @param {string} text */
function upperFirst(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
