import {
  formatAge,
  formatBytes,
  formatClock,
  formatCount,
  formatCounted,
  formatMs,
  formatRate,
  formatShare,
} from "../../admin/dashboard/page/figures.js";
import { addUp, countBackends } from "../../admin/dashboard/page/totals.js";
import {
  CONDITIONS,
  describeVerdict,
  findProblems,
  reasonOf,
} from "../../admin/dashboard/page/verdict.js";
import type { StatusView } from "../../admin/metrics/status_view.ts";
import { type Line, type Span, styled } from "./line.ts";
import type { Sort, TopModel, TopRow } from "./top_model.ts";

/** The size of a terminal in characters. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

interface Column {
  readonly title: string;
  /** The width in characters; a column that grows can be narrower, or wider if there is room. */
  readonly width: number;
  readonly grows?: true;
  readonly isNumber?: true;
  /** Where a text that is too long is cut; both ends of an address are needed to recognize it. */
  readonly cut?: "middle";
  readonly sort?: Sort;
  /** Priority if there is no room for all columns; those with the highest rank are always shown. */
  readonly rank: number;
  readonly cell: (row: TopRow, nowMs: number) => string;
}

const SIGNS = { good: "●", fair: "▲", bad: "✕" } as const;
const MOST_PROBLEMS = 3;
const MOST_EVENTS = 4;
/** Below this height, events are hidden to make room for the backends. */
const LEAST_ROWS_FOR_EVENTS = 20;

const KEYS = "↑↓ select  d drain  r ready  m maintenance  s sort  S reverse  / filter  q quit";
const KEYS_IN_SHORT = "↑↓ d r m set  s sort  / filter  q quit";

const HIGHEST_RANK = 10;

const COLUMNS: readonly Column[] = [
  {
    title: "BACKEND",
    width: 24,
    grows: true,
    cut: "middle",
    sort: "backend",
    rank: HIGHEST_RANK,
    cell: ({ backend }) => backend.name,
  },
  {
    title: "POOL",
    width: 16,
    grows: true,
    cut: "middle",
    rank: 9,
    cell: ({ pool }) => pool.name,
  },
  {
    title: "STATE",
    width: 13,
    sort: "state",
    rank: HIGHEST_RANK,
    cell: ({ backend }) => {
      const { sign, label } = CONDITIONS[backend.condition];
      return `${sign} ${label}`;
    },
  },
  {
    title: "SHARE",
    width: 6,
    isNumber: true,
    sort: "share",
    rank: 7,
    cell: ({ share }) => formatShare(share.actual),
  },
  {
    title: "ASKED",
    width: 6,
    isNumber: true,
    rank: 3,
    cell: ({ share }) => formatShare(share.wanted),
  },
  {
    title: "ACTIVE",
    width: 7,
    isNumber: true,
    sort: "active",
    rank: 8,
    cell: ({ backend }) => formatCount(backend.figures.active),
  },
  {
    title: "NEW/S",
    width: 6,
    isNumber: true,
    sort: "new",
    rank: 8,
    cell: ({ backend }) => formatRate(backend.rates.sessionsPerSecond),
  },
  {
    title: "BYTES/S",
    width: 9,
    isNumber: true,
    sort: "bytes",
    rank: 6,
    cell: ({ backend: { rates } }) => formatBytes(rates.bytesInPerSecond + rates.bytesOutPerSecond),
  },
  {
    title: "P50",
    width: 8,
    isNumber: true,
    rank: 2,
    cell: ({ backend }) => formatMs(backend.rates.connectTimeP50Ms),
  },
  {
    title: "P99",
    width: 8,
    isNumber: true,
    sort: "p99",
    rank: 4,
    cell: ({ backend }) => formatMs(backend.rates.connectTimeP99Ms),
  },
  {
    title: "LAST CHANGE",
    width: 20,
    grows: true,
    rank: 1,
    cell: ({ backend }, nowMs) => {
      if (backend.lastChange === undefined) return "";
      return `${formatAge(nowMs - backend.lastChange.atMs)}: ${reasonOf(backend)}`;
    },
  },
];

/** Draws the view: exactly as many lines as the screen has rows. */
export function drawTop(model: TopModel, size: ScreenSize): Line[] {
  const { status } = model;
  const head = status === undefined ? [] : drawHead(status);
  const alarm: Line[] = model.lost === "" ? [] : [styled("alarm", ` ${model.lost} `)];
  const columns = chooseColumns(model, size.columns);
  const events = size.rows < LEAST_ROWS_FOR_EVENTS ? [] : drawEvents(model);
  const above = [...alarm, ...head, [], drawTitles(columns, model)];
  const below = [...events, ...drawWarning(model), drawPrompt(model, size.columns)];
  const room = Math.max(0, size.rows - above.length - below.length);
  const rows = drawRows(model, columns, room);
  const filler: Line[] = Array.from({ length: Math.max(0, room - rows.length) }, () => []);
  // The last line shows the keys and asks the questions: it stays even if nothing else fits.
  return [
    ...[...above, ...rows, ...filler, ...below.slice(0, -1)].slice(0, size.rows - 1),
    below.at(-1) ?? [],
  ];
}

function drawHead(status: StatusView): Line[] {
  const problems = findProblems(status);
  const { tone, text } = describeVerdict(problems);
  const { serving, all } = countBackends(status);
  const totals = addUp(status);
  const surplus = problems.length - MOST_PROBLEMS;
  return [
    [
      { style: "strong", text: "Weir " },
      { style: tone, text: `${SIGNS[tone]} ${text}` },
      {
        text: `  ${status.version}, ${status.file}, up for ` +
          formatAge(status.atMs - status.startedAtMs),
      },
    ],
    styled(
      "plain",
      `${serving} of ${formatCounted(all, "backend")} up, ${
        formatCounted(totals.active, "session")
      }, ` +
        `${formatRate(totals.sessionsPerSecond)} new/s, ` +
        `${formatRate(totals.errorsPerSecond)} errors/s, ` +
        `${formatBytes(totals.bytesInPerSecond)}/s in, ` +
        `${formatBytes(totals.bytesOutPerSecond)}/s out`,
    ),
    ...problems.slice(0, MOST_PROBLEMS).map(({ text, severity }) =>
      styled(severity === "severe" ? "bad" : "fair", `  ${text}`)
    ),
    ...(surplus > 0 ? [styled("fair", `  and ${surplus} more`)] : []),
  ];
}

/**
 * The columns that there is room for. Those that grow share the remaining width, the first one
 * first.
 */
function chooseColumns({ rows, status }: TopModel, width: number): Column[] {
  const nowMs = status?.atMs ?? 0;
  const longest = (column: Column): number =>
    rows.reduce((most, row) => Math.max(most, [...column.cell(row, nowMs)].length), 0);
  const isSingle = status?.pools.length === 1;
  const wanted = COLUMNS.filter(({ title }) => title !== "POOL" || !isSingle).map((column) => {
    if (column.grows !== true) return column;
    const least = Math.max(column.title.length + 1, longest(column));
    return { ...column, width: Math.min(column.width, least) };
  });
  let room = width;
  const chosen = new Set(
    wanted.toSorted((a, b) => b.rank - a.rank).filter(({ rank, width }) => {
      const fits = rank === HIGHEST_RANK || width < room;
      if (fits) room -= width + 1;
      return fits;
    }),
  );
  return wanted.filter((column) => chosen.has(column)).map((column) => {
    if (column.grows !== true) return column;
    const more = Math.max(0, Math.min(room, longest(column) - column.width));
    room -= more;
    return { ...column, width: column.width + more };
  });
}

function drawTitles(columns: readonly Column[], { sort, descending }: TopModel): Line {
  return columns.flatMap((column): Span[] => {
    const { title, sort: key } = column;
    const isSorted = key !== undefined && key === sort;
    const text = isSorted ? `${title}${descending ? "↓" : "↑"}` : title;
    return [
      { style: isSorted ? "strong" : "faint", text: fit(text, column) },
      { text: " " },
    ];
  });
}

function drawRows(model: TopModel, columns: readonly Column[], room: number): Line[] {
  const { rows, status, selectedId } = model;
  if (status === undefined) return [styled("faint", "Connecting …")].slice(0, room);
  if (rows.length === 0) return [styled("faint", "No backend matches the filter")].slice(0, room);
  const selected = Math.max(0, rows.findIndex(({ backend }) => backend.id === selectedId));
  // The selected row is in the middle if there are more rows than the screen can show.
  const first = Math.max(0, Math.min(selected - Math.floor(room / 2), rows.length - room));
  return rows.slice(first, first + room).map((row): Line => {
    const line = columns.flatMap((column): Span[] => {
      const text = fit(column.cell(row, status.atMs), column);
      const style = column.title === "STATE" ? CONDITIONS[row.backend.condition].tone : "plain";
      return [{ style, text }, { text: " " }];
    });
    if (row.backend.id !== selectedId) return line;
    return styled("selected", line.map(({ text }) => text).join(""));
  });
}

function drawEvents({ events }: TopModel): Line[] {
  const latest = events.slice(-MOST_EVENTS).reverse();
  if (latest.length === 0) return [];
  return [
    [],
    ...latest.map(({ atMs, text }): Line => [
      { style: "faint", text: `${formatClock(atMs)} ` },
      { text },
    ]),
  ];
}

/** The consequence of the order to be confirmed; on a line of its own, because it may be long. */
function drawWarning({ prompt }: TopModel): Line[] {
  if (prompt.kind !== "confirm" || prompt.warning === "") return [];
  return [styled("alarm", ` ${prompt.warning} `)];
}

function drawPrompt({ prompt, filter, message }: TopModel, width: number): Line {
  if (prompt.kind === "confirm") {
    const { backendId, mode } = prompt;
    // The name is cut, not the answers.
    const room = Math.max(1, width - ` Set  to ${mode}? y/n `.length);
    return styled("alarm", ` Set ${shorten(backendId, room)} to ${mode}? y/n `);
  }
  if (prompt.kind === "filter") {
    return [{ style: "strong", text: "Filter: " }, { text: `${filter}_` }];
  }
  if (message !== "") return styled("strong", message);
  const filtered = filter === "" ? "" : `filter "${filter}" (Esc clears it)  `;
  const keys = filtered.length + KEYS.length > width ? KEYS_IN_SHORT : KEYS;
  return [{ style: "strong", text: filtered }, { style: "faint", text: keys }];
}

function fit(text: string, { width, isNumber, cut }: Omit<Column, "cell">): string {
  const characters = [...text];
  if (characters.length <= width) return isNumber ? text.padStart(width) : text.padEnd(width);
  return cut === "middle" ? shorten(text, width) : `${characters.slice(0, width - 1).join("")}…`;
}

/** Cuts out the middle of a text that is longer than the width. */
function shorten(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const end = Math.floor((width - 1) / 2);
  const tail = characters.slice(characters.length - end);
  return [...characters.slice(0, width - 1 - end), "…", ...tail].join("");
}
