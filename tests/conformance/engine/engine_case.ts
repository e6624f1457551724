import type { EngineUnderTest } from "../../support/engines_under_test.ts";
import type { PermissionKind } from "../../support/permitted.ts";

/** One thing that every engine does. */
export interface EngineCase {
  /** What the engine does, to be read after its name. */
  readonly name: string;
  /** Permissions besides those that every case needs. @default {none} */
  readonly needs?: readonly PermissionKind[];
  run(engine: EngineUnderTest): Promise<void>;
}
