import { counted } from "../base/counted.ts";
import { formatAddress } from "../base/address.ts";
import type { BackendModeName, Settings } from "../config/settings.ts";
import type { Discovery, UnresolvedBackend } from "../discovery/discovery.ts";
import type { SessionView } from "../engine/session_view.ts";
import { formatOrders, NO_ORDERS } from "../health/agent_orders.ts";
import { loggerFor } from "../log/logging.ts";
import { EJECTION, HEALTH } from "../state/codes.ts";
import { type BackendFigures, type ListenerFigures, takeSnapshot } from "../state/snapshot.ts";
import type { AccessLogOwner } from "./access_log_owner.ts";
import type { Control } from "./control.ts";
import type { EventLog } from "./event_log.ts";
import type { Reloader, ReloadResult } from "./reloader.ts";
import type { ServedBackend, ServedListener, ServedPool } from "./served_listener.ts";
import type {
  BackendCondition,
  BackendStatus,
  ListenerStatus,
  PoolStatus,
  Status,
} from "./status.ts";
import type { Supervisor } from "./supervisor.ts";
import { WEIGHT_UNIT } from "./wishes.ts";

export interface OperatorInputs {
  readonly supervisor: Supervisor;
  readonly reloader: Reloader;
  readonly events: EventLog;
  readonly accessLog: AccessLogOwner;
  readonly discovery: Discovery;
  /** Weir's own version. */
  readonly version: string;
  /** Drains and exits; called once for every order. */
  readonly shutdown: (cause: string) => void;
}

/** A worker that does not answer within this time is left out of an answer. */
const ANSWER_PATIENCE_MS = 1_000;

/** Observes and controls a running supervisor. */
export class Operator implements Control {
  readonly events: EventLog;
  readonly #inputs: OperatorInputs;
  readonly #supervisor: Supervisor;
  readonly #logger = loggerFor("operator");
  readonly #startedAtMs = Date.now();
  #stopping = false;

  constructor(inputs: OperatorInputs) {
    this.#inputs = inputs;
    this.#supervisor = inputs.supervisor;
    this.events = inputs.events;
  }

  get settings(): Settings {
    return this.#supervisor.settings;
  }

  /** Reports from now on that Weir is shutting down. */
  announceStop(): void {
    this.#stopping = true;
  }

  status(): Status {
    const { supervisor, reloader, accessLog, discovery, version } = this.#inputs;
    const unresolved = Map.groupBy(discovery.unresolved, ({ pool }) => pool);
    const { settings, state } = supervisor;
    const served = supervisor.served();
    const workers = [...supervisor.workers];
    const snapshot = takeSnapshot(state, {
      listeners: served.listeners.map(({ settings, row }) => ({ key: settings.key, row })),
      pools: served.pools.map(({ settings, row, backends }) => ({
        name: settings.name,
        row,
        backends: backends.map(({ settings, row }) => ({ name: settings.name, row })),
      })),
      workers: workers.map(({ slot }) => slot),
    });
    const pools = served.pools.map((pool, index): PoolStatus => {
      const entry = snapshot.pools[index];
      if (entry === undefined) throw new Error("A snapshot has fewer pools than its scope");
      return this.#poolStatus(pool, entry, unresolved.get(entry.name) ?? []);
    });
    const listeners = served.listeners.map((listener, index): ListenerStatus => {
      const entry = snapshot.listeners[index];
      if (entry === undefined) throw new Error("A snapshot has fewer listeners than its scope");
      return this.#listenerStatus(listener, entry.figures, pools);
    });
    const reasons = this.#notReadyReasons();
    return {
      atMs: snapshot.atMs,
      startedAtMs: this.#startedAtMs,
      version,
      file: settings.file,
      phase: this.#stopping ? "stopping" : "running",
      ready: reasons.length === 0,
      notReadyReasons: reasons,
      listeners,
      pools,
      workers: snapshot.workers.map((worker, index) => ({
        ...worker,
        engine: workers[index]?.engine ?? "",
        draining: workers[index]?.isDraining ?? false,
      })),
      reloads: {
        succeeded: reloader.succeeded,
        failed: reloader.failed,
        ...(reloader.lastResult === undefined ? {} : { last: reloader.lastResult }),
      },
      accessLogDropped: accessLog.dropped,
    };
  }

  async sessions(): Promise<readonly SessionView[]> {
    const lists = await this.#askAll((worker) => worker.list(), []);
    return lists.flat().sort((a, b) => b.startedAtMs - a.startedAtMs);
  }

  setMode(backendId: string, mode: BackendModeName): boolean {
    const found = this.#find(backendId);
    if (found === undefined || found.leaving) return false;
    const { planner, health } = this.#supervisor;
    const before = planner.wishes.modeOf(found.row);
    planner.wishes.wish(found.row, { mode });
    health.modeSet(found.row, before);
    this.#tell(found, `mode set to ${mode}`);
    return true;
  }

  setWeight(backendId: string, weight: number): boolean {
    const found = this.#find(backendId);
    if (found === undefined || found.leaving) return false;
    const { planner, health } = this.#supervisor;
    planner.wishes.wish(found.row, { weight });
    health.weightSet(found.row);
    this.#tell(found, `weight set to ${weight}`);
    return true;
  }

  async closeSession(sessionId: string): Promise<boolean> {
    const counts = await this.#askAll((worker) => worker.cut("operator", { ids: [sessionId] }), 0);
    return counts.some((count) => count > 0);
  }

  async closeBackendSessions(backendId: string): Promise<number | undefined> {
    const found = this.#find(backendId);
    if (found === undefined) return undefined;
    const chosen = { backendRows: [found.row] };
    const counts = await this.#askAll((worker) => worker.cut("operator", chosen), 0);
    const closed = counts.reduce((sum, count) => sum + count, 0);
    this.#tell(found, `${counted(closed, "session")} closed`);
    return closed;
  }

  reload(cause: string): Promise<ReloadResult> {
    return this.#inputs.reloader.reload(cause);
  }

  shutdown(cause: string): void {
    this.#inputs.shutdown(cause);
  }

  #listenerStatus(
    { settings, engine, leaving }: ServedListener,
    figures: ListenerFigures,
    pools: readonly PoolStatus[],
  ): ListenerStatus {
    const { key, maxConnections } = settings;
    const where = settings.pool === key ? "" : ` in pool ${settings.pool}`;
    // One that is leaving may go by a pool that another one of the same name has replaced.
    const pool = pools.find(({ name }) => name === settings.pool);
    const ready = pool?.ready ?? false;
    return {
      key,
      addresses: settings.addresses.map(formatAddress),
      pool: settings.pool,
      engine: engine.engine,
      engineReason: engine.reason,
      maxConnections,
      ready,
      notReadyReasons: ready || leaving
        ? []
        : [`listener ${key} has no backend that takes sessions${where}`],
      leaving,
      figures,
    };
  }

  #poolStatus(
    { settings, leaving, backends }: ServedPool,
    entry: Pick<PoolStatus, "figures"> & {
      readonly backends: readonly { readonly figures: BackendFigures }[];
    },
    unresolved: readonly UnresolvedBackend[],
  ): PoolStatus {
    const { name, algorithm, maxSessions } = settings;
    const statuses = backends.map((backend, index) => {
      const figures = entry.backends[index]?.figures;
      if (figures === undefined) throw new Error("A snapshot has fewer backends than its scope");
      const isChecked = settings.healthCheck.kind !== "off" && !backend.leaving;
      return this.#backendStatus(name, backend, figures, isChecked);
    });
    return {
      name,
      algorithm,
      maxSessions,
      ready: statuses.some(({ condition }) => condition === "up" || condition === "trial"),
      unresolved: unresolved.map(({ name, problem }) => ({ name, problem })),
      leaving,
      figures: entry.figures,
      backends: statuses,
    };
  }

  #backendStatus(
    pool: string,
    { settings: backend, row, leaving }: ServedBackend,
    figures: BackendFigures,
    isChecked: boolean,
  ): BackendStatus {
    const { wishes } = this.#supervisor.planner;
    const wish = leaving ? backend : wishes.wishOf(row);
    const agent = formatOrders(wishes.ordersOf(row) ?? NO_ORDERS);
    const differsFromFile = [
      ...(wish.mode === backend.mode ? [] : ["mode" as const]),
      ...(wish.weight === backend.weight ? [] : ["weight" as const]),
    ];
    const isDown = figures.health === HEALTH.down && !leaving;
    const lastChange = this.events.lastChangeOf(pool, backend.name);
    return {
      id: backendId(pool, backend.name),
      name: backend.name,
      condition: leaving ? "leaving" : conditionOf(figures, wishes.modeOf(row)),
      health: isDown ? "down" : isChecked ? "up" : "unchecked",
      mode: wish.mode,
      backup: backend.backup,
      configuredWeight: backend.weight,
      weight: figures.weight / WEIGHT_UNIT,
      maxConnections: figures.agentLimit > 0 ? figures.agentLimit - 1 : backend.maxConnections,
      differsFromFile,
      ...(agent === "" ? {} : { agent }),
      ...(lastChange === undefined ? {} : { lastChange }),
      figures,
    };
  }

  #notReadyReasons(): string[] {
    const reasons = this.#stopping ? ["Weir is shutting down"] : [];
    const serving = [...this.#supervisor.workers].filter(({ isDraining }) => !isDraining);
    const running = new Set(serving.map(({ engine }) => engine));
    const needed = this.settings.listeners.map((listener) =>
      this.#supervisor.engineOf(listener).engine
    );
    for (const engine of new Set(needed)) {
      if (!running.has(engine)) reasons.push(`no worker of engine ${engine} is running`);
    }
    return reasons;
  }

  #find(id: string): Found | undefined {
    for (const { settings: { name: pool }, backends } of this.#supervisor.served().pools) {
      const found = backends.find(({ settings }) => backendId(pool, settings.name) === id);
      if (found === undefined) continue;
      const { settings, row, leaving } = found;
      return { pool, backend: settings.name, row, leaving };
    }
    return undefined;
  }

  #tell({ pool, backend }: Found, what: string): void {
    const text = `Backend ${backend} of pool ${pool}: ${what} by an operator`;
    this.#logger.info("{text}", { text });
    this.events.add("operator", text, { pool, backend });
  }

  /** Asks every worker; one that has died or does not answer in time counts as `otherwise`. */
  #askAll<T>(
    ask: (worker: Supervisor["workers"] extends Iterable<infer W> ? W : never) => Promise<T>,
    otherwise: T,
  ): Promise<T[]> {
    return Promise.all([...this.#supervisor.workers].map(async (worker) => {
      const { promise, resolve } = Promise.withResolvers<T>();
      const timer = setTimeout(() => resolve(otherwise), ANSWER_PATIENCE_MS);
      try {
        return await Promise.race([ask(worker).catch(() => otherwise), promise]);
      } finally {
        clearTimeout(timer);
      }
    }));
  }
}

/** A backend and the row of its figures. */
interface Found {
  readonly pool: string;
  readonly backend: string;
  readonly row: number;
  /** Whether it was removed. */
  readonly leaving: boolean;
}

function backendId(pool: string, name: string): string {
  return `${pool}/${name}`;
}

function conditionOf(figures: BackendFigures, mode: BackendModeName): BackendCondition {
  if (mode !== "ready") return mode;
  if (figures.health === HEALTH.down || figures.agentDown !== 0) return "down";
  if (figures.ejection === EJECTION.ejected) return "ejected";
  if (figures.ejection !== EJECTION.none) return "trial";
  return figures.weight === 0 ? "unused" : "up";
}
