import type { FigureName } from "../sample.ts";

/** Writes a whole number with commas between thousands. */
export function formatCount(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Writes a figure with its unit. */
export function formatFigure(name: FigureName, value: number): string {
  switch (name) {
    case "cpuUs":
    case "p50Us":
    case "p99Us":
    case "p999Us":
      return formatMicroseconds(value);
    case "memoryKib":
      return `${formatPlain(value)} KiB`;
    case "idlePercent":
      return `${value.toFixed(2)} %`;
    case "perSecond":
    case "systemCalls":
      return formatPlain(value);
  }
}

/** Writes a ratio; a dash if there is none. */
export function formatRatio(value: number | null): string {
  return value === null ? "-" : value.toFixed(2);
}

function formatMicroseconds(value: number): string {
  if (value < 1_000) return `${formatPlain(value)} µs`;
  if (value < 1_000_000) return `${formatPlain(value / 1_000)} ms`;
  return `${formatPlain(value / 1_000_000)} s`;
}

/** Three significant digits, or more for larger numbers. */
function formatPlain(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return formatCount(value);
  return value.toFixed(size >= 10 ? 1 : 2);
}
