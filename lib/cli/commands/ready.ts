import type { CommandInputs } from "../command.ts";
import { setMode } from "../set_mode.ts";

/** Gives a backend of a running Weir sessions again. */
export function ready(inputs: CommandInputs): Promise<number> {
  return setMode(inputs, "ready");
}
