import type { CommandInputs } from "../command.ts";
import { setMode } from "./set_mode.ts";

/** Puts a backend of a running Weir back into rotation. */
export function ready(inputs: CommandInputs): Promise<number> {
  return setMode(inputs, "ready");
}
