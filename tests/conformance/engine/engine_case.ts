import type { EngineUnderTest } from "../../support/engines_under_test.ts";

/** One thing that every engine does. */
export interface EngineCase {
  /** What the engine does, to be read after its name. */
  readonly name: string;
  run(engine: EngineUnderTest): Promise<void>;
}
