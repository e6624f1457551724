/** Many sessions at once cause no trouble. */
import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { readOpenFilesLimit } from "../../../lib/supervisor/open_files.ts";
import { BackendProcess } from "../../support/backend_process.ts";
import { ClientProcess } from "../../support/client_process.ts";
import type { EngineUnderTest } from "../../support/engines_under_test.ts";
import { howMany } from "../../support/long_tests.ts";
import { eventually } from "../../support/patience.ts";
import { countDescriptors } from "../../support/process_figures.ts";
import { RunningWeir } from "../../support/running_weir.ts";
import type { EngineCase } from "./engine_case.ts";

const WANTED_SESSIONS = howMany(4_000, 10_000);
/** Clients and backend are separate processes, so a session takes only Weir's own two files. */
const FILES_PER_SESSION = 2;
/** Files of the process running Weir that do not belong to sessions: usually about 70. */
const OTHER_FILES = 200;
const WANTED_FILES = FILES_PER_SESSION * WANTED_SESSIONS + OTHER_FILES;

/** Not known without permissions; then the case is ignored anyway. */
const limit = readOpenFilesLimit()?.soft ?? Infinity;
const sessions = Math.min(
  WANTED_SESSIONS,
  Math.floor((limit - OTHER_FILES) / FILES_PER_SESSION),
);
const shortfall = sessions === WANTED_SESSIONS
  ? ""
  : ` (${WANTED_SESSIONS} need ${WANTED_FILES} open files, and the limit is ${limit})`;

export const MANY_SESSIONS_CASES: readonly EngineCase[] = [
  {
    name: `serves ${sessions} sessions at once${shortfall}`,
    needs: ["all"],
    run: (engine) => serveMany(engine, sessions),
  },
];

async function serveMany(engine: EngineUnderTest, count: number): Promise<void> {
  await using backend = await BackendProcess.start();
  await using weir = await RunningWeir.start(engine, { backends: [backend.name] });
  await using clients = new ClientProcess(weir.port);
  const before = countDescriptors(Deno.pid);

  await clients.open(count);
  await clients.ping("again");
  assertEquals(weir.active, count);
  assertGreaterOrEqual(countDescriptors(Deno.pid) - before, FILES_PER_SESSION * count);

  await clients.finish();
  await weir.activeIs(0);
  await eventually("all sockets are closed", () => countDescriptors(Deno.pid) <= before);
  // It waits for every connection that it has.
  await backend.stop();
  const records = await weir.finish();
  assertEquals(records.filter((record) => record.close_code !== "--"), []);
  assertEquals(records.length, count);
}
