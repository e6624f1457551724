import type { EngineKind } from "../engine/choose_engine.ts";

/**
 * Which slots of the shared state the workers of each engine have. Each engine may come to need as
 * many as are configured; those beyond are for workers that replace one which hangs.
 */
export class WorkerSlots {
  readonly #workers: number;
  readonly #end: number;
  readonly #slots = new Map<EngineKind, readonly number[]>();
  #nextSpare: number;

  /**
   * @param workers how many workers an engine has
   * @param end the first slot that is no worker's
   */
  constructor(workers: number, end: number) {
    this.#workers = workers;
    this.#end = end;
    // Two engines, of which a reload may bring the second.
    this.#nextSpare = 2 * workers;
  }

  /** The slots of an engine's workers, whether these run or not. */
  of(engine: EngineKind): readonly number[] {
    const known = this.#slots.get(engine);
    if (known !== undefined) return known;
    const first = this.#slots.size * this.#workers;
    const slots = Array.from({ length: this.#workers }, (_, index) => first + index);
    this.#slots.set(engine, slots);
    return slots;
  }

  /**
   * Gives an engine a slot that nobody has had in place of one whose thread may still write to it.
   * Gives nothing where no slot is left; the engine has one fewer then.
   */
  replace(engine: EngineKind, slot: number): number | undefined {
    const fresh = this.#nextSpare < this.#end ? this.#nextSpare++ : undefined;
    const others = this.of(engine).filter((each) => each !== slot);
    this.#slots.set(engine, fresh === undefined ? others : [...others, fresh]);
    return fresh;
  }
}
