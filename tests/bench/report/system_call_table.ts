import { CONTESTANT_NAMES } from "../contestants/contestant.ts";
import type { Sample } from "../sample.ts";
import { alignColumns } from "./align_columns.ts";

/** Calls that are made less often per session than this are left out of the table. */
const WORTH_A_ROW = 0.05;

/** Writes the system calls per session: a row for each call, a column for each contestant. */
export function renderSystemCalls(samples: readonly Sample[]): string {
  const columns = samples.toSorted((a, b) =>
    CONTESTANT_NAMES.indexOf(a.contestant) - CONTESTANT_NAMES.indexOf(b.contestant)
  );
  const names = new Set(columns.flatMap(({ detail }) => Object.keys(detail ?? {})));
  const most = (name: string) => Math.max(...columns.map(({ detail }) => detail?.[name] ?? 0));
  const worth = [...names].filter((name) => most(name) >= WORTH_A_ROW);
  worth.sort((a, b) => most(b) - most(a) || a.localeCompare(b));
  const { workers } = samples[0] as Sample;
  return [
    `System calls per session, ${workers} ${workers === 1 ? "worker" : "workers"}`,
    ...alignColumns([
      ["", ...columns.map(({ contestant }) => contestant)],
      ["  all", ...columns.map(({ figures }) => (figures.systemCalls ?? 0).toFixed(2))],
      ...worth.map((name) => [
        `    ${name}`,
        ...columns.map(({ detail }) => {
          const count = detail?.[name];
          return count === undefined ? "-" : count.toFixed(2);
        }),
      ]),
    ]),
  ].join("\n");
}
