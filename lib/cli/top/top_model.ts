import { type Share, ShareMeter } from "../../admin/dashboard/page/shares.js";
import { CONDITIONS, warnOfLast } from "../../admin/dashboard/page/verdict.js";
import type { BackendView, PoolView, StatusView } from "../../admin/metrics/status_view.ts";
import type { BackendModeName } from "../../config/settings.ts";
import type { WeirEvent } from "../../supervisor/event_log.ts";
import type { Key } from "./key.ts";

/** What the operator has ordered. */
export type Order =
  | { readonly kind: "quit" }
  | { readonly kind: "mode"; readonly backendId: string; readonly mode: BackendModeName };

/** A backend as a row of the view. */
export interface TopRow {
  readonly pool: PoolView;
  /** The keys of the listeners that use the pool, joined by blanks. */
  readonly listeners: string;
  readonly backend: BackendView;
  readonly share: Share;
}

/** The sort orders of the rows; `file` is the order of the configuration. */
export const SORTS = [
  "file",
  "backend",
  "state",
  "share",
  "active",
  "new",
  "bytes",
  "p99",
] as const;
export type Sort = typeof SORTS[number];

/** What the bottom line is for. */
export type Prompt =
  | { readonly kind: "keys" }
  | { readonly kind: "filter" }
  | {
    readonly kind: "confirm";
    readonly backendId: string;
    readonly mode: BackendModeName;
    readonly warning: string;
  };

/** Bad states come first when rows are sorted by state. */
const STATE_ORDER: readonly string[] = [
  "down",
  "ejected",
  "trial",
  "maintenance",
  "drain",
  "unused",
  "leaving",
  "up",
];
const MODE_KEYS: Readonly<Record<string, BackendModeName>> = {
  d: "drain",
  r: "ready",
  m: "maintenance",
};
const MOST_EVENTS = 50;
const PAGE = 10;

/** What `weir top` shows, and what keys do. Independent of the terminal. */
export class TopModel {
  status: StatusView | undefined;
  /** The newest is last. */
  readonly events: WeirEvent[] = [];
  /** Why there is no connection; empty while connected. */
  lost = "";
  /** The result of the last order. */
  message = "";
  sort: Sort = "file";
  descending = false;
  filter = "";
  prompt: Prompt = { kind: "keys" };
  /** The id of the backend that keys apply to; empty as long as there are none. */
  selectedId = "";
  readonly #shares = new ShareMeter();

  /** Takes over a newer status. */
  update(status: StatusView): void {
    this.status = status;
    this.lost = "";
    this.#shares.add(status);
    this.#keepSelection();
  }

  /** Adds an event. */
  addEvent(event: WeirEvent): void {
    this.events.push(event);
    if (this.events.length > MOST_EVENTS) this.events.shift();
  }

  /** The backends that match the filter, sorted. */
  get rows(): readonly TopRow[] {
    const words = this.filter.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const { listeners: all = [], pools = [] } = this.status ?? {};
    const users = Map.groupBy(all, ({ pool }) => pool);
    const rows = pools.flatMap((pool) => {
      const listeners = (users.get(pool.name) ?? []).map(({ key }) => key).join(" ");
      return pool.backends.map((backend) => ({
        pool,
        listeners,
        backend,
        share: this.#shares.of(backend.id),
      }));
    }).filter((row) => words.every((word) => searchText(row).includes(word)));
    if (this.sort === "file") return this.descending ? rows.toReversed() : rows;
    const { sort } = this;
    const sign = this.descending ? -1 : 1;
    return rows.toSorted((a, b) => sign * compare(sortKey(a, sort), sortKey(b, sort)));
  }

  /** Handles a key, and returns the order that results from it, if any. */
  press(key: Key): Order | undefined {
    if (key.kind === "interrupt") return { kind: "quit" };
    switch (this.prompt.kind) {
      case "filter":
        this.#pressInFilter(key);
        return undefined;
      case "confirm":
        return this.#pressInConfirm(this.prompt, key);
      case "keys":
        return this.#pressKey(key);
    }
  }

  #pressKey(key: Key): Order | undefined {
    this.message = "";
    if (key.kind !== "character") {
      this.#move(key);
      if (key.kind === "escape") this.filter = "";
      return undefined;
    }
    const mode = MODE_KEYS[key.text];
    if (mode !== undefined) this.#askFor(mode);
    else if (key.text === "q") return { kind: "quit" };
    else if (key.text === "k") this.#move({ kind: "up" });
    else if (key.text === "j") this.#move({ kind: "down" });
    else if (key.text === "/") this.prompt = { kind: "filter" };
    else if (key.text === "S") this.descending = !this.descending;
    else if (key.text === "s") {
      this.sort = SORTS[(SORTS.indexOf(this.sort) + 1) % SORTS.length] ?? "file";
      // When sorting by a figure, the largest ones are of interest.
      this.descending = ["share", "active", "new", "bytes", "p99"].includes(this.sort);
    }
    return undefined;
  }

  #pressInFilter(key: Key): void {
    if (key.kind === "character") this.filter += key.text;
    else if (key.kind === "backspace") this.filter = [...this.filter].slice(0, -1).join("");
    else if (key.kind === "escape") this.filter = "";
    if (key.kind === "escape" || key.kind === "enter") this.prompt = { kind: "keys" };
    this.#keepSelection();
  }

  #pressInConfirm(
    { backendId, mode }: Prompt & { readonly kind: "confirm" },
    key: Key,
  ): Order | undefined {
    this.prompt = { kind: "keys" };
    const isYes = key.kind === "character" && key.text.toLowerCase() === "y";
    if (isYes) return { kind: "mode", backendId, mode };
    this.message = "nothing was changed";
    return undefined;
  }

  #askFor(mode: BackendModeName): void {
    const row = this.rows.find(({ backend }) => backend.id === this.selectedId);
    if (row === undefined) return;
    const { id, condition, mode: present } = row.backend;
    if (condition === "leaving") {
      this.message = `${id} was removed and is finishing its sessions`;
      return;
    }
    if (present === mode) {
      this.message = `${id} is already set to ${mode}`;
      return;
    }
    const warning = mode === "ready" ? "" : warnOfLast(row.pool, id);
    this.prompt = { kind: "confirm", backendId: id, mode, warning };
  }

  #move(key: Key): void {
    const { rows } = this;
    const index = rows.findIndex(({ backend }) => backend.id === this.selectedId);
    const steps: Readonly<Record<string, number>> = {
      "up": -1,
      "down": 1,
      "page up": -PAGE,
      "page down": PAGE,
      "home": -rows.length,
      "end": rows.length,
    };
    const step = steps[key.kind];
    if (step === undefined) return;
    const next = Math.min(Math.max(index + step, 0), rows.length - 1);
    this.selectedId = rows[next]?.backend.id ?? this.selectedId;
  }

  // The selection stays on its backend when the rows are sorted again.
  #keepSelection(): void {
    const { rows } = this;
    if (rows.some(({ backend }) => backend.id === this.selectedId)) return;
    this.selectedId = rows[0]?.backend.id ?? "";
  }
}

function searchText({ listeners, backend }: TopRow): string {
  const { label } = CONDITIONS[backend.condition];
  return `${listeners} ${backend.id} ${label} ${backend.mode}`.toLowerCase();
}

function sortKey({ backend, share }: TopRow, sort: Sort): string | number {
  const { rates, figures } = backend;
  switch (sort) {
    case "state":
      return STATE_ORDER.indexOf(backend.condition);
    case "share":
      return share.actual ?? -1;
    case "active":
      return figures.active;
    case "new":
      return rates.sessionsPerSecond;
    case "bytes":
      return rates.bytesInPerSecond + rates.bytesOutPerSecond;
    case "p99":
      return rates.connectTimeP99Ms ?? -1;
    default:
      return backend.name;
  }
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}
