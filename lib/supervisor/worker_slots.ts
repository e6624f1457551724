import type { EngineKind } from "../engine/choose_engine.ts";

/**
 * Which slots of the shared state belong to the workers of each engine. Each engine may need as
 * many as are configured; those beyond are for workers that replace a hung one.
 */
export class WorkerSlots {
  readonly #workers: number;
  readonly #end: number;
  readonly #slots = new Map<EngineKind, readonly number[]>();
  #nextSpare: number;

  /**
   * @param workers how many workers an engine has
   * @param end the first slot beyond those of workers
   */
  constructor(workers: number, end: number) {
    this.#workers = workers;
    this.#end = end;
    // Two engines, as a reload may add the second.
    this.#nextSpare = 2 * workers;
  }

  /** The slots of an engine's workers, whether they are running or not. */
  of(engine: EngineKind): readonly number[] {
    const known = this.#slots.get(engine);
    if (known !== undefined) return known;
    const first = this.#slots.size * this.#workers;
    const slots = Array.from({ length: this.#workers }, (_, index) => first + index);
    this.#slots.set(engine, slots);
    return slots;
  }

  /**
   * Assigns an engine an unused slot in place of one whose thread may still write to it. Returns
   * `undefined` if no slot is left; the engine has one fewer then.
   */
  replace(engine: EngineKind, slot: number): number | undefined {
    const fresh = this.#nextSpare < this.#end ? this.#nextSpare++ : undefined;
    const others = this.of(engine).filter((each) => each !== slot);
    this.#slots.set(engine, fresh === undefined ? others : [...others, fresh]);
    return fresh;
  }
}
