import { messageOf } from "../../lib/base/message_of.ts";
import { Random } from "../../lib/base/random.ts";
import { BackendProcess } from "../support/backend_process.ts";
import { freePorts } from "../support/free_ports.ts";
import { type ClientOutcome, Load } from "../support/load.ts";
import { readMetrics } from "../support/metrics.ts";
import { eventually, pause } from "../support/patience.ts";
import { countSockets, residentBytes } from "../support/process_figures.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { SoakEvents } from "./events.ts";
import { findDefects } from "./find_defects.ts";
import { chooseKind, type ClientKind, runClient } from "./soak_client.ts";
import { soakConfig } from "./soak_config.ts";

/** The parameters of a soak of one engine. */
export interface SoakInputs {
  readonly engine: string;
  readonly seconds: number;
  readonly seed: number;
  /** New clients in a second. */
  readonly rate: number;
}

/** The result of a soak. */
export interface SoakResult {
  readonly engine: string;
  /** Clients by kind. */
  readonly clients: Readonly<Record<string, number>>;
  readonly events: Readonly<Record<string, number>>;
  /** Clients whose backend was killed while it served them. */
  readonly explained: number;
  readonly residentBytes: readonly number[];
  /** Weir's sockets before and after, when no session is open. */
  readonly sockets: readonly [number, number];
  /** What should not have happened, in words. */
  readonly defects: readonly string[];
}

/** How much of the run passes before the figures that later ones are compared with. */
const WARM_UP_SHARE = 0.15;
const SAMPLE_MS = 1_000;
/** How often the sockets are counted, and the time between two counts. */
const SOCKET_LOOKS = 20;
const SOCKET_LOOK_MS = 100;

/** Runs Weir with one engine under mixed load while backends come and go and settings change. */
export async function runSoak(inputs: SoakInputs): Promise<SoakResult> {
  const { engine, seconds, seed, rate } = inputs;
  await using stack = new AsyncDisposableStack();
  const backends = await BackendProcess.startMany(3);
  for (const backend of backends) stack.use(backend);
  const [port = 0, otherPort = 0, adminPort = 0] = freePorts(3);
  const places = { engine, port, otherPort, adminPort, backends: backends.map(({ name }) => name) };
  const weir = stack.use(
    await ReloadableWeir.start(soakConfig(places, Random.fromSeed(seed).next)),
  );
  const { pid } = weir.process;

  const clients: Partial<Record<ClientKind, number>> = {};
  function startLoad(loadSeed: number): Load {
    return new Load(port, rate, (client, index) => {
      const { next } = Random.fromSeed(1_000_000 * loadSeed + index);
      const kind = chooseKind(next());
      clients[kind] = (clients[kind] ?? 0) + 1;
      return runClient(kind, client, index, next);
    });
  }
  async function allEnded(): Promise<void> {
    await eventually("no session is open", async () => {
      const metrics = await readMetrics(adminPort);
      return metrics.get(`weir_listener_active_sessions{listener="127.0.0.1:${port}"}`) === 0;
    }, 60_000);
    await pause(500);
  }

  const warmUp = startLoad(seed);
  await pause(1000 * seconds * WARM_UP_SHARE);
  await warmUp.stop();
  await allEnded();
  const socketsBefore = await fewestSockets(pid);

  const load = startLoad(seed + 1);
  const resident: number[] = [];
  const sampling = setInterval(() => resident.push(residentBytes(pid)), SAMPLE_MS);
  const events = new SoakEvents(weir, places, backends, Random.fromSeed(seed).next);
  const failures: string[] = [];
  try {
    await events.runUntil(performance.now() + 1000 * seconds * (1 - WARM_UP_SHARE));
  } catch (error) {
    failures.push(`Events stopped: ${messageOf(error)}`);
  }
  await load.stop();
  clearInterval(sampling);
  // The listener that comes and goes must be there or not, as when the sockets were counted.
  await weir.reload(soakConfig(places, Random.fromSeed(seed).next));
  await allEnded();
  const metrics = await readMetrics(adminPort);
  const socketsAfter = await fewestSockets(pid);
  const status = await weir.stop();

  const failed: readonly ClientOutcome[] = [...warmUp.failed, ...load.failed];
  const found = findDefects({
    listener: `127.0.0.1:${port}`,
    started: warmUp.started + load.started,
    failed,
    kills: events.kills,
    records: await weir.records(),
    log: weir.log,
    metrics,
    residentBytes: resident,
    sockets: [socketsBefore, socketsAfter],
  });
  if (status !== 0) failures.push(`Weir ended with status ${status}`);
  return {
    engine,
    clients,
    events: events.counts,
    explained: found.explained,
    residentBytes: resident,
    sockets: [socketsBefore, socketsAfter],
    defects: [...failures, ...found.defects],
  };
}

/** The sockets that stay: checks and requests of the admin side have some for a moment each. */
async function fewestSockets(pid: number): Promise<number> {
  let fewest = Infinity;
  for (let look = 0; look < SOCKET_LOOKS; look++) {
    fewest = Math.min(fewest, countSockets(pid));
    await pause(SOCKET_LOOK_MS);
  }
  return fewest;
}
