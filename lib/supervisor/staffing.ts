import type { EngineKind } from "../engine/choose_engine.ts";
import type { WorkerHandle } from "./worker_handle.ts";
import type { WorkerSlots } from "./worker_slots.ts";

/** What is to be staffed. */
export interface StaffingNeed {
  /** The engines that serve at least one listener. */
  readonly kinds: ReadonlySet<EngineKind>;
  /** How many workers each of them needs. */
  readonly workers: number;
}

export interface StaffingInputs {
  readonly slots: WorkerSlots;
  /** The engines that serve a listener now. */
  readonly kindsInForce: ReadonlySet<EngineKind>;
  /** Whether a slot has a worker. */
  readonly isRunning: (slot: number) => boolean;
  /** Starts a worker. */
  readonly create: (slot: number, engine: EngineKind) => WorkerHandle;
  /** Ends a worker at once. */
  readonly end: (worker: WorkerHandle) => void;
}

/** A slot without a worker. */
interface Vacancy {
  readonly slot: number;
  readonly engine: EngineKind;
}

/**
 * Planned workers that are neither in force nor discarded: those that are missing for as many as
 * each engine needs, and those beyond that. There is one such plan at a time.
 */
export class Staffing {
  /** The slots beyond as many as are needed; with their workers, if they have any. */
  readonly surplus: ReadonlySet<number>;
  readonly #inputs: StaffingInputs;
  readonly #vacancies: readonly Vacancy[];
  /** The slots that were taken for it. */
  readonly #taken: number[] = [];
  readonly #fresh: WorkerHandle[] = [];

  /** Throws a `RangeError` if there are not enough slots; none is taken then. */
  constructor({ kinds, workers }: StaffingNeed, inputs: StaffingInputs) {
    this.#inputs = inputs;
    const { slots } = inputs;
    this.surplus = new Set(slots.engines.flatMap((engine) => this.#findSurplus(engine, workers)));
    this.#vacancies = [...kinds].flatMap((engine) => [
      ...this.#findVacancies(engine),
      ...this.#take(engine, workers - slots.of(engine).length),
    ]);
  }

  /** Starts the missing workers. May throw; those that were started until then are discarded. */
  start(): readonly WorkerHandle[] {
    for (const { slot, engine } of this.#vacancies) {
      this.#fresh.push(this.#inputs.create(slot, engine));
    }
    return this.#fresh;
  }

  /** Whether a worker is to accept clients. */
  isServing({ engine, slot }: WorkerHandle): boolean {
    return this.#inputs.slots.has(engine, slot) && !this.surplus.has(slot);
  }

  /** Ends what was started, and returns what was taken. */
  discard(): void {
    for (const worker of this.#fresh) this.#inputs.end(worker);
    for (const slot of this.#taken) this.#giveBack(slot);
  }

  /** Those without a worker first, and then the latest. */
  #findSurplus(engine: EngineKind, workers: number): number[] {
    const { slots, isRunning } = this.#inputs;
    const all = slots.of(engine);
    const order = [...all.filter(isRunning), ...all.filter((slot) => !isRunning(slot))];
    return order.slice(workers);
  }

  #findVacancies(engine: EngineKind): Vacancy[] {
    const { slots, kindsInForce, isRunning } = this.#inputs;
    const all = slots.of(engine);
    // Dead workers of an engine that is in force are restarted anyway.
    if (kindsInForce.has(engine) && all.some(isRunning)) return [];
    return all.filter((slot) => !isRunning(slot) && !this.surplus.has(slot))
      .map((slot) => ({ slot, engine }));
  }

  #take(engine: EngineKind, count: number): Vacancy[] {
    const vacancies: Vacancy[] = [];
    for (let index = 0; index < count; index++) {
      const slot = this.#inputs.slots.take(engine);
      if (slot === undefined) {
        for (const taken of this.#taken) this.#giveBack(taken);
        throw new RangeError(
          "There is no room for so many workers: others are still finishing their sessions or " +
            "were given up. Lower workers or drain_timeout, or try again when they have ended",
        );
      }
      this.#taken.push(slot);
      vacancies.push({ slot, engine });
    }
    return vacancies;
  }

  #giveBack(slot: number): void {
    this.#inputs.slots.withdraw(slot);
    this.#inputs.slots.release(slot);
  }
}
