import {
  CONTESTANT_NAMES,
  type ContestantName,
  PREDECESSORS,
  REFERENCE,
} from "../contestants/contestant.ts";
import { LOAD_NAMES } from "../loads/load.ts";
import { FIGURE_NAMES, type FigureName, type Sample } from "../sample.ts";
import { type Spread, spread } from "./spread.ts";

/** One figure of one contestant over all rounds. */
export interface Summary {
  readonly workers: number;
  readonly load: string;
  readonly series: string;
  readonly step: string;
  readonly contestant: ContestantName;
  readonly figure: FigureName;
  readonly rounds: number;
  readonly value: Spread;
  /**
   * The ratio to HAProxy: in each round the figure over HAProxy's in the same round, then the
   * median of those. Null if HAProxy has no such figure, and for the processor time while idle: a
   * ratio to almost nothing is meaningless.
   */
  readonly ratio: Spread | null;
  /**
   * The ratio to the same contestant of an earlier checkout, computed likewise; null without one.
   */
  readonly change: Spread | null;
  /** The median divided by that of the series' first step; null if there are no steps. */
  readonly growth: number | null;
}

/** Sums up all samples, ordered by workers, load, series, figure, contestant and step. */
export function summarize(samples: readonly Sample[]): Summary[] {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { workers, load, series, step, contestant } = sample;
    const key = JSON.stringify([workers, load, series, step, contestant]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [sample]);
    else group.push(sample);
  }
  const all = [...groups.values()];
  const summaries = all.flatMap((group) => {
    const first = group[0] as Sample;
    const samplesOf = (name: ContestantName | undefined) =>
      all.find((other) => isReferenceFor(first, other[0] as Sample, name)) ?? [];
    const reference = samplesOf(REFERENCE);
    const before = samplesOf(PREDECESSORS[first.contestant]);
    return FIGURE_NAMES.flatMap((figure) => summarizeFigure(group, reference, before, figure));
  });
  return order(summaries.map((summary) => ({ ...summary, growth: growthOf(summary, summaries) })));
}

function isReferenceFor(
  sample: Sample,
  other: Sample,
  name: ContestantName | undefined,
): boolean {
  return other.contestant === name && other.workers === sample.workers &&
    other.load === sample.load && other.series === sample.series && other.step === sample.step;
}

function summarizeFigure(
  group: readonly Sample[],
  reference: readonly Sample[],
  before: readonly Sample[],
  figure: FigureName,
): Summary[] {
  const values = group.flatMap((sample) => sample.figures[figure] ?? []);
  if (values.length === 0) return [];
  const { workers, load, series, step, contestant } = group[0] as Sample;
  return [{
    workers,
    load,
    series,
    step,
    contestant,
    figure,
    rounds: values.length,
    value: spread(values),
    ratio: ratioTo(reference, group, figure),
    change: ratioTo(before, group, figure),
    growth: null,
  }];
}

function ratioTo(
  reference: readonly Sample[],
  group: readonly Sample[],
  figure: FigureName,
): Spread | null {
  if (figure === "idlePercent") return null;
  const ratios = group.flatMap((sample) => {
    const value = sample.figures[figure];
    const base = reference.find(({ round }) => round === sample.round)?.figures[figure];
    return value !== undefined && base !== undefined && base > 0 ? value / base : [];
  });
  return ratios.length === 0 ? null : spread(ratios);
}

function growthOf(summary: Summary, all: readonly Summary[]): number | null {
  if (summary.step === "") return null;
  const first = all.find((other) =>
    other.workers === summary.workers && other.load === summary.load &&
    other.series === summary.series && other.contestant === summary.contestant &&
    other.figure === summary.figure
  );
  if (first === undefined || first.value.median === 0) return null;
  return summary.value.median / first.value.median;
}

/**
 * Sorts by the columns that have a defined order; steps and series keep the order in which they
 * ran.
 */
function order(summaries: Summary[]): Summary[] {
  const seriesOrder = [...new Set(summaries.map(({ series }) => series))];
  const loadOrder: readonly string[] = LOAD_NAMES;
  return summaries.sort((a, b) =>
    a.workers - b.workers ||
    loadOrder.indexOf(a.load) - loadOrder.indexOf(b.load) ||
    seriesOrder.indexOf(a.series) - seriesOrder.indexOf(b.series) ||
    FIGURE_NAMES.indexOf(a.figure) - FIGURE_NAMES.indexOf(b.figure) ||
    CONTESTANT_NAMES.indexOf(a.contestant) - CONTESTANT_NAMES.indexOf(b.contestant)
  );
}
