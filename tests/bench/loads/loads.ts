import { backends } from "./backends.ts";
import { download, upload } from "./bulk.ts";
import { connections } from "./connections.ts";
import { growth } from "./growth.ts";
import { idle } from "./idle.ts";
import type { Load } from "./load.ts";
import { requests } from "./requests.ts";
import { systemCalls } from "./system_calls.ts";

/** Every load, in the order in which they run. */
export const LOADS: readonly Load[] = [
  connections,
  requests,
  download,
  upload,
  idle,
  backends,
  growth,
  systemCalls,
];
