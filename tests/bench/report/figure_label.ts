import type { FigureName } from "../sample.ts";

/** Names a figure for people; the unit is what a load counts, such as "connection". */
export function figureLabel(figure: FigureName, unit: string): string {
  switch (figure) {
    case "cpuUs":
      return `processor time per ${unit}`;
    case "perSecond":
      return `${unit === "GiB" ? unit : `${unit}s`} per second (more is better)`;
    case "p50Us":
      return "latency, p50";
    case "p99Us":
      return "latency, p99";
    case "p999Us":
      return "latency, p99.9";
    case "memoryKib":
      return `memory per ${unit}`;
    case "idlePercent":
      return "processor time while idle, of one core";
    case "systemCalls":
      return `system calls per ${unit}`;
  }
}
