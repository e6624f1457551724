// @ts-check
/**
 * Figures as the dashboard and `weir top` format them: short, with a unit, and always in the same
 * width for the same size.
 */

/** Shown in place of a missing figure. */
export const NONE = "–";

/**
 * Formats a count: exact below ten thousand, then with three digits and k, M or G.
 *
 * @param {number} count
 * @returns {string}
 */
export function formatCount(count) {
  return count < 9_999.5 ? String(Math.round(count)) : scale(count, 1000, ["k", "M", "G", "T"]);
}

/**
 * Formats a count with its noun: `1 session`, `12k sessions`.
 *
 * @param {number} count
 * @param {string} noun in the singular; its plural has an s
 * @returns {string}
 */
export function formatCounted(count, noun) {
  return `${formatCount(count)} ${count === 1 ? noun : `${noun}s`}`;
}

/**
 * Formats how often something happens per second; one decimal below ten.
 *
 * @param {number} perSecond
 * @returns {string}
 */
export function formatRate(perSecond) {
  if (perSecond === 0) return "0";
  if (perSecond < 0.05) return "<0.1";
  return perSecond < 9.95 ? perSecond.toFixed(1) : formatCount(perSecond);
}

/**
 * Formats an amount of bytes in binary units.
 *
 * @param {number} bytes
 * @returns {string}
 */
export function formatBytes(bytes) {
  if (bytes < 1023.5) return `${Math.round(bytes)} B`;
  return scale(bytes, 1024, [" KiB", " MiB", " GiB", " TiB", " PiB"]);
}

/**
 * Formats a short duration. A missing value, or NaN, is a dash.
 *
 * @param {number | undefined | null} ms
 * @returns {string}
 */
export function formatMs(ms) {
  if (ms === undefined || ms === null || !Number.isFinite(ms)) return NONE;
  if (ms < 0.995) return `${ms.toFixed(2)} ms`;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;
}

/**
 * Formats a share in percent.
 *
 * @param {number | undefined} share 0 to 1
 * @returns {string}
 */
export function formatShare(share) {
  if (share === undefined) return NONE;
  const percent = share * 100;
  return percent > 0 && percent < 1 ? "<1 %" : `${Math.round(percent)} %`;
}

/**
 * Formats how long ago something was, or how long it lasts, in its largest unit.
 *
 * @param {number} ms
 * @returns {string}
 */
export function formatAge(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400 * 2) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/**
 * Formats the time of day in the reader's time zone.
 *
 * @param {number} atMs milliseconds since 1970
 * @returns {string} `HH:MM:SS`
 */
export function formatClock(atMs) {
  const date = new Date(atMs);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, "0")).join(":");
}

/**
 * @param {number} value
 * @param {number} base
 * @param {readonly string[]} units
 * @returns {string}
 */
function scale(value, base, units) {
  let scaled = value / base;
  let unit = 0;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= base;
    unit++;
  }
  const digits = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
  return `${scaled.toFixed(digits)}${units[unit]}`;
}
