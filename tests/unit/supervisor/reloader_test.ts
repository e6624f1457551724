import { assertEquals, assertMatch } from "@std/assert";
import type { LoadedSettings } from "../../../lib/config/load_settings.ts";
import { Discovery } from "../../../lib/discovery/discovery.ts";
import { Reloader } from "../../../lib/supervisor/reloader.ts";
import { echo } from "../../support/conducts.ts";
import { freePort } from "../../support/free_ports.ts";
import { nativeTest } from "../../support/native_test.ts";
import { eventually, pause } from "../../support/patience.ts";
import { TestBackend } from "../../support/test_backend.ts";
import { FakeNames } from "../discovery/discovery_rig.ts";
import { settingsOf, TroubledWeir } from "./troubled_weir.ts";

const NEEDS = ["net", "read", "write", "ffi"] as const;

function config(port: number, backend: string, ...options: readonly string[]): string {
  return [
    "[options]",
    ...["workers = 2", "engine = streams", "health_check = off", ...options],
    "[mappings]",
    `127.0.0.1:${port} = ${backend}`,
    "",
  ].join("\n");
}

/** A running supervisor whose file is a text that a test sets, and the reloader for it. */
class Rig implements AsyncDisposable {
  readonly weir: TroubledWeir;
  readonly names = new FakeNames();
  readonly discovery: Discovery;
  readonly reloader: Reloader;
  readonly started = Promise.withResolvers<void>();
  /** What the file says. */
  text: string;
  /** How often it was read. */
  loads = 0;
  /** Blocks the reading of the file while set. */
  gate: Promise<void> | undefined;

  private constructor(weir: TroubledWeir, text: string, names: FakeNames, discovery: Discovery) {
    this.weir = weir;
    this.text = text;
    this.names = names;
    this.discovery = discovery;
    this.reloader = new Reloader({
      supervisor: weir.supervisor,
      accessLog: weir.accessLog,
      events: weir.events,
      discovery,
      filed: settingsOf(text),
      load: () => this.#load(),
      started: this.started.promise,
      onReload: () => {},
      onReloaded: () => {},
    });
  }

  static async begin(text: string, hosts: Record<string, readonly string[]> = {}): Promise<Rig> {
    const names = new FakeNames();
    for (const [name, addresses] of Object.entries(hosts)) names.hosts.set(name, addresses);
    let onChange = (): void => {};
    const discovery = new Discovery({ resolver: names, onChange: () => onChange() });
    const { settings } = await discovery.resolveFirst(settingsOf(text));
    const rig = new Rig(await TroubledWeir.start(settings), text, names, discovery);
    onChange = () => rig.reloader.resolved();
    discovery.update(settingsOf(text));
    return rig;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reloader.stop();
    this.discovery.stop();
    await this.weir[Symbol.asyncDispose]();
  }

  async #load(): Promise<LoadedSettings> {
    this.loads++;
    await this.gate;
    return { settings: settingsOf(this.text), diagnostics: [] };
  }
}

nativeTest(NEEDS, "Reloader.reload() waits until Weir has been started", async () => {
  await using backend = new TestBackend(echo);
  await using rig = await Rig.begin(config(freePort(), backend.name));
  const reload = rig.reloader.reload("a signal");
  await pause(50);
  assertEquals(rig.loads, 0);
  rig.started.resolve();
  assertEquals([(await reload).ok, rig.loads], [true, 1]);
});

nativeTest(
  NEEDS,
  "Reloader.reload() reads the file once for all who wait for a reload",
  async () => {
    await using backend = new TestBackend(echo);
    const port = freePort();
    await using rig = await Rig.begin(config(port, backend.name));
    rig.started.resolve();
    const gate = Promise.withResolvers<void>();
    rig.gate = gate.promise;
    const first = rig.reloader.reload("the first");
    await eventually("the file is being read", () => rig.loads === 1);
    // The file changes after it was read: reloads requested now must see that.
    const others = Array.from({ length: 50 }, () => rig.reloader.reload("another one"));
    rig.text = config(port, `${backend.name}:7`);
    gate.resolve();
    await first;
    const results = await Promise.all(others);
    assertEquals(new Set(results).size, 1);
    assertEquals([rig.loads, rig.reloader.succeeded], [2, 2]);
    assertEquals(rig.weir.supervisor.settings.pools[0]?.backends[0]?.weight, 7);
  },
);

nativeTest(
  NEEDS,
  "a reload that fails leaves the access log as it was, also meanwhile",
  async () => {
    await using backend = new TestBackend(echo);
    const folder = await Deno.makeTempDir();
    const [before, after] = [`${folder}/before.log`, `${folder}/after.log`];
    const port = freePort();
    await using rig = await Rig.begin(config(port, backend.name));
    rig.started.resolve();
    rig.text = config(port, backend.name, `access_log = ${before}`);
    assertEquals((await rig.reloader.reload("one that works")).problems, []);

    rig.weir.trouble(1, "prepare", "hang");
    rig.text = config(port, backend.name, `access_log = ${after}`);
    const reload = rig.reloader.reload("one that fails");
    await eventually("the new file is open", () => isFile(after));
    await rig.weir.troubleHasCome(1, "prepare");
    rig.weir.accessLog.write("meanwhile\n", 1);
    rig.weir.supervisor.replace(1, "it does not move");
    assertMatch((await reload).problems.join(), /The worker was given up/);
    rig.weir.accessLog.write("later\n", 1);
    await rig.weir.accessLog.use("off");
    assertEquals(await Deno.readTextFile(before), "meanwhile\nlater\n");
    assertEquals(await Deno.readTextFile(after), "");
    await Deno.remove(folder, { recursive: true });
  },
);

nativeTest(
  NEEDS,
  "what names resolve to is taken over in the end, whatever happens to a worker meanwhile",
  async () => {
    await using backend = new TestBackend(echo);
    const text = config(freePort(), `backend.test:${backend.port}`, "resolve = 100ms");
    await using rig = await Rig.begin(text, { "backend.test": ["127.0.0.1"] });
    rig.started.resolve();
    rig.weir.trouble(0, "prepare", "die before");
    rig.names.hosts.set("backend.test", ["127.0.0.2"]);
    await rig.weir.logged(/Could not apply the new addresses of names: [^\n]*told to die/);
    await eventually("the new address is in force", () => {
      const [first] = rig.weir.supervisor.settings.pools[0]?.backends ?? [];
      return first?.candidates[0] === "127.0.0.2";
    });
    await rig.weir.logged(/Names were resolved: [^\n]*127\.0\.0\.2 added/);
  },
);

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
