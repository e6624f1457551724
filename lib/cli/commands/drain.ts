import type { CommandInputs } from "../command.ts";
import { setMode } from "../set_mode.ts";

/** Gives a backend of a running Weir no new sessions. */
export function drain(inputs: CommandInputs): Promise<number> {
  return setMode(inputs, "drain");
}
