import { formatDuration } from "../base/duration.ts";
import { SYSTEM_SCHEDULER } from "../base/scheduler.ts";
import type { BackendModeName } from "../config/settings.ts";
import type { Generation } from "../engine/generation.ts";
import { isUsableBut } from "../health/ejection.ts";
import { AgentChecker, type AgentSubject } from "../health/agent_checker.ts";
import { type AgentOrders, formatOrders } from "../health/agent_orders.ts";
import { askAgent } from "../health/ask_agent.ts";
import { type EjectionChange, EjectionKeeper } from "../health/ejection_keeper.ts";
import { HealthChecker, type HealthFlip } from "../health/health_checker.ts";
import { PROBES } from "../health/probes.ts";
import { SlowStart } from "../health/slow_start.ts";
import type { PoolPlan } from "../state/pool_plan.ts";
import { HEALTH } from "../state/codes.ts";
import { BackendCell } from "../state/counters.ts";
import type { SharedState } from "../state/shared_state.ts";
import type { EventLog } from "./event_log.ts";
import { HealthNews, type HealthState } from "./health_news.ts";
import type { Wishes } from "./wishes.ts";

export interface HealthWatchInputs {
  readonly state: SharedState;
  readonly events: EventLog;
  /** What the file, an operator and agents want of the backends. */
  readonly wishes: Wishes;
  /** Closes the workers' sessions with the backend of a row. */
  readonly closeSessions: (row: number) => void;
}

/**
 * Everything on the main thread that monitors and reports the backends' health: probes, the end of
 * ejections, slow starts, and what agents order.
 */
export class HealthWatch {
  readonly #inputs: HealthWatchInputs;
  readonly #news: HealthNews;
  readonly #slowStart: SlowStart;
  readonly #keeper: EjectionKeeper;
  readonly #checker: HealthChecker;
  readonly #agents: AgentChecker;
  /** By the rows of their backends. */
  #pools: ReadonlyMap<number, PoolPlan> = new Map();
  /** The rows of pools without a backend that takes sessions. */
  readonly #unserved = new Set<number>();

  constructor(inputs: HealthWatchInputs) {
    const { state } = inputs;
    const scheduler = SYSTEM_SCHEDULER;
    this.#inputs = inputs;
    this.#news = new HealthNews(inputs.events, scheduler);
    this.#slowStart = new SlowStart({ state, scheduler });
    this.#keeper = new EjectionKeeper({
      state,
      now: () => state.clockMs,
      scheduler,
      onChange: (change) => this.#ejectionChanged(change),
    });
    this.#checker = new HealthChecker({
      state,
      now: Date.now,
      scheduler,
      random: Math.random,
      probes: PROBES,
      onFlip: (flip) => this.#flipped(flip),
      onPassWhileEjected: (row) => this.#keeper.checkPassed(row),
    });
    this.#agents = new AgentChecker({
      scheduler,
      random: Math.random,
      ask: askAgent,
      isPaused: (row) => inputs.wishes.wishOf(row).mode === "maintenance",
      listener: {
        ordersChanged: (subject, before, after) => this.#ordersChanged(subject, before, after),
        problemChanged: (subject, problem) => this.#agentProblem(subject, problem),
      },
    });
  }

  /** Starts monitoring the backends of a generation. Its weights and modes are already in force. */
  update({ pools }: Generation): void {
    this.#slowStart.update(pools);
    for (const { settings, backendRows } of pools) {
      settings.backends.forEach(({ weight }, index) => {
        const row = backendRows[index] as number;
        const wanted = this.#inputs.wishes.weightOf(row);
        if (wanted !== weight) this.#slowStart.setWeight(row, wanted);
      });
    }
    this.#keeper.update(pools);
    this.#checker.update(pools);
    this.#pools = new Map(
      pools.flatMap((pool) => pool.backendRows.map((row) => [row, pool] as const)),
    );
    for (const row of this.#unserved) {
      if (!pools.some((pool) => pool.row === row)) this.#unserved.delete(row);
    }
    this.#agents.update(pools);
    for (const pool of pools) this.#lookAt(pool);
    const names = new Map(
      pools.map(({ settings: { name, backends } }) =>
        [name, new Set(backends.map(({ name }) => name))] as const
      ),
    );
    this.#inputs.events.keepOnly((pool, backend) => names.get(pool)?.has(backend) ?? false);
  }

  /** Call when an operator has set a backend's weight. */
  weightSet(row: number): void {
    this.#slowStart.setWeight(row, this.#inputs.wishes.weightOf(row));
    this.#lookAtPoolOf(row);
  }

  /**
   * Call when an operator has set a backend's mode.
   *
   * @param before the mode that was in force
   */
  modeSet(row: number, before: BackendModeName): void {
    const mode = this.#inputs.wishes.modeOf(row);
    if (before === "maintenance" && mode === "ready") this.#slowStart.begin(row);
    this.#lookAtPoolOf(row);
  }

  /** Ends all checks. */
  async stop(): Promise<void> {
    this.#keeper.stop();
    this.#slowStart.stop();
    this.#news.close();
    await Promise.all([this.#checker.stop(), this.#agents.stop()]);
  }

  /** A backend that its agent keeps down stays down, whatever checks say. */
  #flipped(flip: HealthFlip): void {
    if (this.#inputs.state.backendCell(flip.row, BackendCell.agentDown) === 0) this.#changed(flip);
  }

  /** An agent has ordered something else. A new weight or limit is no news: it may be routine. */
  #ordersChanged(subject: AgentSubject, before: AgentOrders, after: AgentOrders): void {
    const { wishes, state } = this.#inputs;
    const { row } = subject;
    const modeBefore = wishes.modeOf(row);
    wishes.heed(row, after);
    this.#slowStart.setWeight(row, wishes.weightOf(row));
    const mode = wishes.modeOf(row);
    if (mode !== modeBefore) {
      const orders = formatOrders(after) || "ready";
      this.#tellOf(subject, "steered", `is set to ${mode} by its agent: ${orders}`);
    }
    const { isDown, reason } = after.health;
    const isHealthy = state.backendCell(row, BackendCell.health) === HEALTH.up;
    if (isDown !== before.health.isDown && isHealthy) {
      this.#changed({ ...subject, up: !isDown, reason: `its agent says ${reason}` });
    }
    this.modeSet(row, modeBefore);
  }

  #agentProblem(subject: AgentSubject, problem: string | undefined): void {
    const { agentPort } = subject.pool;
    const text = problem === undefined
      ? "has an agent that answers again"
      : `has an agent (port ${agentPort}) whose answer is of no use: ${problem}; what it said before ` +
        "stays in force";
    this.#tellOf(subject, problem === undefined ? "agent_answering" : "agent_failing", text);
  }

  #tellOf({ pool, backend }: AgentSubject, state: HealthState, what: string): void {
    this.#news.tell({
      kind: "health",
      state,
      pool: pool.name,
      backend: backend.name,
      text: `Backend ${backend.name} of pool ${pool.name} ${what}`,
    });
  }

  #changed({ pool, backend, row, up, reason }: Omit<HealthFlip, "atMs">): void {
    const state = up ? "up" : "down";
    this.#news.tell({
      kind: "health",
      state,
      pool: pool.name,
      backend: backend.name,
      text: `Backend ${backend.name} of pool ${pool.name} is ${state}: ${reason}`,
    });
    if (up) {
      this.#slowStart.begin(row);
    } else {
      this.#slowStart.cancel(row);
      if (pool.onDown === "close") this.#inputs.closeSessions(row);
    }
    this.#lookAtPoolOf(row);
  }

  #ejectionChanged(change: EjectionChange): void {
    const { pool, backend, row, ejected, again, lastsMs, reason } = change;
    this.#slowStart.ejectionChanged(row, ejected);
    const what = ejected
      ? `is ejected${again ? " again" : ""} for ${formatDuration(lastsMs)}`
      : "is no longer ejected";
    this.#news.tell({
      kind: "ejection",
      state: ejected ? "ejected" : "returned",
      pool: pool.name,
      backend: backend.name,
      text: `Backend ${backend.name} of pool ${pool.name} ${what}: ${reason}`,
    });
  }

  #lookAtPoolOf(row: number): void {
    const pool = this.#pools.get(row);
    if (pool !== undefined) this.#lookAt(pool);
  }

  /** Reports when a pool has lost its last backend, and when it has one again. */
  #lookAt(pool: PoolPlan): void {
    const { settings: { name }, row } = pool;
    // Ejections do not count: where they alone would leave no backend, ejected ones are used anyway.
    const isServed = pool.backendRows.some((row) => isUsableBut(this.#inputs.state, row));
    if (isServed !== this.#unserved.has(row)) return;
    if (isServed) this.#unserved.delete(row);
    else this.#unserved.add(row);
    this.#news.tell({
      kind: "health",
      state: isServed ? "served" : "lost",
      pool: name,
      text: isServed
        ? `Pool ${name} has a backend that takes sessions again`
        : `Pool ${name} has no backend left that takes sessions: new connections are closed`,
    });
  }
}
