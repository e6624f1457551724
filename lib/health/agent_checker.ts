import type { Scheduler } from "../base/scheduler.ts";
import type { BackendSettings, PoolSettings } from "../config/settings.ts";
import type { PoolPlan } from "../state/pool_plan.ts";
import { type AgentOrders, NO_ORDERS, obey } from "./agent_orders.ts";
import { type AgentAnswer, type AskAgent, describeWord } from "./ask_agent.ts";
import { type Due, DueOrder } from "./_due_order.ts";

/** A backend with an agent. */
export interface AgentSubject {
  readonly pool: PoolSettings;
  readonly backend: BackendSettings;
  readonly row: number;
}

/** What hears of agents. */
export interface AgentListener {
  /** The orders of an agent have changed; they are `NO_ORDERS` once it is no longer asked. */
  ordersChanged(subject: AgentSubject, before: AgentOrders, after: AgentOrders): void;
  /**
   * An agent has begun to give no useful answers, or has said a word that means nothing; absent when
   * its answers are in order again.
   */
  problemChanged(subject: AgentSubject, problem: string | undefined): void;
}

export interface AgentCheckerInputs {
  readonly scheduler: Scheduler;
  /** A uniform number in [0, 1). */
  readonly random: () => number;
  readonly ask: AskAgent;
  readonly listener: AgentListener;
  /** Whether the file or an operator has put the backend of a row into maintenance. */
  readonly isPaused: (row: number) => boolean;
}

/** The time between two questions is up to this much longer than `health_interval`. */
const JITTER = 0.1;
/** The most agents that are asked at once, besides the checks; further ones wait. */
export const MOST_ASKED_AT_ONCE = 64;
/** Questions due within this time are asked together. */
const TICK_MS = 10;

/** One agent that is asked periodically. */
class Agent implements Due {
  dueMs = 0;
  place = -1;
  orders = NO_ORDERS;
  problem: string | undefined;
  /** Ends the question that is being asked. */
  asking: AbortController | undefined;
  subject: AgentSubject;
  readonly poolRow: number;

  constructor(subject: AgentSubject, poolRow: number) {
    this.subject = subject;
    this.poolRow = poolRow;
  }
}

/**
 * Asks the agents of backends on the main thread, every `health_interval`, and keeps what each has
 * ordered. Silence, a refusal or words without a meaning change nothing: only an agent takes back
 * what it has said, or a reload that removes `agent_check`.
 */
export class AgentChecker {
  readonly #inputs: AgentCheckerInputs;
  /** By the backend's row. */
  #agents: ReadonlyMap<number, Agent> = new Map();
  readonly #due = new DueOrder<Agent>();
  readonly #running = new Set<Promise<void>>();
  #cancel: (() => void) | undefined;

  constructor(inputs: AgentCheckerInputs) {
    this.#inputs = inputs;
  }

  /** Starts asking the agents of these backends. One that stays keeps its orders. */
  update(pools: readonly PoolPlan[]): void {
    const before = this.#agents;
    const agents = new Map<number, Agent>();
    const added: Agent[] = [];
    const dropped: Agent[] = [];
    for (const { settings: pool, row: poolRow, backendRows } of pools) {
      backendRows.forEach((row, index) => {
        const backend = pool.backends[index] as BackendSettings;
        const subject = { pool, backend, row };
        const known = before.get(row);
        const isSame = known?.subject.backend.id === backend.id &&
          known.poolRow === poolRow;
        const isKept = isSame && known.subject.pool.agentPort === pool.agentPort;
        if (isSame && !isKept) dropped.push(known);
        if (pool.agentPort === 0) return;
        const agent = isKept ? known : new Agent(subject, poolRow);
        agent.subject = subject;
        agents.set(row, agent);
        if (!isKept) added.push(agent);
      });
    }
    this.#agents = agents;
    for (const agent of before.values()) {
      if (agents.get(agent.subject.row) !== agent) this.#stop(agent);
    }
    // Those whose backends are gone have nothing left to order about.
    for (const agent of dropped) this.#setOrders(agent, NO_ORDERS);
    const nowMs = this.#inputs.scheduler.nowMs();
    added.forEach((agent, index) => {
      // Spread evenly, but soon: an agent may have a backend taken out from the start on.
      const share = (index + this.#inputs.random()) / added.length;
      const { healthIntervalMs } = agent.subject.pool;
      this.#due.set(agent, nowMs + (added.length === 1 ? 0 : share * healthIntervalMs));
    });
    this.#arm();
  }

  /** Ends all questions, and resolves once their connections are closed. The orders stay. */
  async stop(): Promise<void> {
    for (const agent of this.#agents.values()) this.#stop(agent);
    this.#agents = new Map();
    this.#arm();
    await Promise.all(this.#running);
  }

  #stop(agent: Agent): void {
    this.#due.remove(agent);
    agent.asking?.abort();
    agent.asking = undefined;
  }

  #arm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const { first } = this.#due;
    if (first === undefined || this.#running.size >= MOST_ASKED_AT_ONCE) return;
    const waitMs = Math.max(TICK_MS, first.dueMs - this.#inputs.scheduler.nowMs());
    this.#cancel = this.#inputs.scheduler.after(waitMs, () => this.#wake());
  }

  #wake(): void {
    this.#cancel = undefined;
    const nowMs = this.#inputs.scheduler.nowMs();
    for (
      let agent = this.#due.first;
      agent !== undefined && agent.dueMs <= nowMs && this.#running.size < MOST_ASKED_AT_ONCE;
      agent = this.#due.first
    ) {
      this.#due.remove(agent);
      if (this.#inputs.isPaused(agent.subject.row)) this.#setNext(agent, nowMs);
      else this.#ask(agent, nowMs);
    }
    this.#arm();
  }

  #ask(agent: Agent, nowMs: number): void {
    const { ask, scheduler } = this.#inputs;
    const asking = new AbortController();
    agent.asking = asking;
    const { pool, backend } = agent.subject;
    const cancel = scheduler.after(pool.healthTimeoutMs, () => asking.abort());
    const running = ask({ pool, backend }, asking.signal).then((answer) => {
      cancel();
      this.#running.delete(running);
      // Another question, or none, where the settings have changed in the meantime.
      if (agent.asking === asking) this.#finish(agent, answer, nowMs);
      this.#arm();
    });
    this.#running.add(running);
  }

  #finish(agent: Agent, answer: AgentAnswer, startedMs: number): void {
    agent.asking = undefined;
    if (!this.#inputs.isPaused(agent.subject.row)) {
      this.#setProblem(agent, problemOf(answer));
      if (answer.ok) this.#setOrders(agent, obey(agent.orders, answer.reply));
    }
    if (this.#agents.get(agent.subject.row) === agent) this.#setNext(agent, startedMs);
  }

  /** The interval is measured from start to start. */
  #setNext(agent: Agent, fromMs: number): void {
    const { healthIntervalMs } = agent.subject.pool;
    const nextMs = fromMs + healthIntervalMs * (1 + JITTER * this.#inputs.random());
    this.#due.set(agent, Math.max(nextMs, this.#inputs.scheduler.nowMs()));
  }

  #setOrders(agent: Agent, orders: AgentOrders): void {
    const before = agent.orders;
    agent.orders = orders;
    if (isSame(before, orders)) return;
    this.#inputs.listener.ordersChanged(agent.subject, before, orders);
  }

  /** Notified when problems begin and end, not when one follows another. */
  #setProblem(agent: Agent, problem: string | undefined): void {
    const isNew = (problem === undefined) !== (agent.problem === undefined);
    agent.problem = problem;
    if (isNew) this.#inputs.listener.problemChanged(agent.subject, problem);
  }
}

function isSame(one: AgentOrders, other: AgentOrders): boolean {
  return one.health.isDown === other.health.isDown && one.health.reason === other.health.reason &&
    one.mode === other.mode && one.weightPercent === other.weightPercent &&
    one.maxConnections === other.maxConnections;
}

/** Words that mean something are obeyed even beside one that does not. */
function problemOf(answer: AgentAnswer): string | undefined {
  if (!answer.ok) return answer.problem;
  const { unknown } = answer.reply;
  return unknown === undefined ? undefined : describeWord(unknown);
}
