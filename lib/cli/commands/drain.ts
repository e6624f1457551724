import type { CommandInputs } from "../command.ts";
import { setMode } from "./set_mode.ts";

/** Drains a backend of a running Weir: it gets no new sessions. */
export function drain(inputs: CommandInputs): Promise<number> {
  return setMode(inputs, "drain");
}
