import type { EngineKind } from "../engine/choose_engine.ts";

/**
 * Which slots of the shared state belong to the workers of each engine. The first free slot is
 * always taken, so that few are ever used.
 */
export class WorkerSlots {
  readonly #end: number;
  readonly #slots = new Map<EngineKind, readonly number[]>();
  /** Those that belong to an engine, and those that did and are not free again. */
  readonly #taken = new Set<number>();

  /** @param end the first slot beyond those of workers */
  constructor(end: number) {
    this.#end = end;
  }

  /** The engines that have slots. */
  get engines(): readonly EngineKind[] {
    return [...this.#slots.keys()];
  }

  /** The slots of an engine's workers, whether they are running or not; the latest comes last. */
  of(engine: EngineKind): readonly number[] {
    return this.#slots.get(engine) ?? [];
  }

  /** Whether a slot belongs to an engine. */
  has(engine: EngineKind, slot: number): boolean {
    return this.of(engine).includes(slot);
  }

  /** Assigns an engine a free slot. Returns `undefined` if there is none. */
  take(engine: EngineKind): number | undefined {
    for (let slot = 0; slot < this.#end; slot++) {
      if (this.#taken.has(slot)) continue;
      this.#taken.add(slot);
      this.#slots.set(engine, [...this.of(engine), slot]);
      return slot;
    }
    return undefined;
  }

  /**
   * Takes a slot from its engine. It is not free: its thread may still write to it. If that is
   * never certain to be over, it stays so.
   */
  withdraw(slot: number): void {
    for (const [engine, slots] of this.#slots) {
      const others = slots.filter((each) => each !== slot);
      if (others.length > 0) this.#slots.set(engine, others);
      else this.#slots.delete(engine);
    }
  }

  /** Frees a slot that was withdrawn, once its thread has ended. */
  release(slot: number): void {
    this.#taken.delete(slot);
  }
}
