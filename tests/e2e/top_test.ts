/** What queries a running Weir from a terminal: `top` and the thin clients of the API. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePorts } from "../support/free_ports.ts";
import { eventually } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { TestBackend } from "../support/test_backend.ts";
import { TmuxPane, tmuxTest } from "../support/tmux_pane.ts";
import { Visitors } from "../support/visitors.ts";
import { type Ending, WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["net", "read", "write", "run", "env", "sys"] as const;
const PROJECT = decodeURIComponent(new URL("../../", import.meta.url).pathname);
const WORD = /^[A-Za-z0-9_./:=-]+$/;

/** A Weir with two backends, and a way to query it. */
interface Stage extends AsyncDisposable {
  readonly weir: WeirProcess;
  readonly admin: string;
  readonly listener: number;
  readonly first: TestBackend;
  readonly second: TestBackend;
  /** Runs a command that queries this Weir. */
  readonly ask: (...args: string[]) => Promise<Ending>;
}

async function setUp(): Promise<Stage> {
  const [port, listener] = freePorts(2) as [number, number];
  const [first, second] = [new TestBackend(echo), new TestBackend(echo)];
  const admin = `127.0.0.1:${port}`;
  const weir = await WeirProcess.start(
    `[options]\nadmin = ${admin}\nhealth_check = off\n[mappings]\n` +
      `127.0.0.1:${listener} = ${first.name}, ${second.name}\n`,
  );
  return {
    weir,
    admin,
    listener,
    first,
    second,
    ask: (...args) => WeirProcess.run([...args, "--admin", admin]),
    [Symbol.asyncDispose]: async () => {
      await weir[Symbol.asyncDispose]();
      await first[Symbol.asyncDispose]();
      await second[Symbol.asyncDispose]();
    },
  };
}

permittedTest(NEEDS, "weir drain and weir ready fail no client", async () => {
  await using stage = await setUp();
  const { first, second, listener, ask } = stage;
  await using visitors = new Visitors(listener);
  await eventually("both backends serve", () => first.accepted > 10 && second.accepted > 10);

  const drained = await ask("drain", first.name);
  assertEquals([drained.code, drained.stderr], [0, ""]);
  assertMatch(
    drained.stdout,
    /^\S+\/127\.0\.0\.1:\d+: mode drain, now drain, with \d+ sessions?\n$/,
  );
  await eventually("its sessions end", () => first.open === 0);
  const before = { first: first.accepted, second: second.accepted };
  await eventually("the other one serves on", () => second.accepted > before.second + 50);
  assertEquals(first.accepted, before.first);

  assertEquals((await ask("ready", first.name)).code, 0);
  await eventually("it serves again", () => first.accepted > before.first + 50);
  assertEquals(visitors.failed, 0);
});

permittedTest(NEEDS, "weir weight changes who gets how much", async () => {
  await using stage = await setUp();
  const { first, second, listener, ask } = stage;
  const { code, stdout } = await ask("weight", second.name, "0");
  assertEquals(code, 0);
  assertMatch(stdout, /: weight 0, 1 in the file\n$/);
  const before = second.accepted;
  await using visitors = new Visitors(listener);
  await eventually("the other one serves", () => first.accepted > 50);
  assertEquals([second.accepted, visitors.failed], [before, 0]);
});

permittedTest(NEEDS, "weir status fails where a listener has no backend left", async () => {
  await using stage = await setUp();
  const { first, second, ask } = stage;
  const good = await ask("status");
  assertEquals([good.code, good.stderr], [0, ""]);
  assertMatch(good.stdout, /^Weir \S+, \S+, up for \d+ s: all good\n/);
  for (const { name } of [first, second]) {
    assertStringIncludes(good.stdout, name);
    assertEquals((await ask("drain", name)).code, 0);
  }
  const bad = await ask("status", "--json");
  assertEquals(bad.code, 1);
  const { ready, listeners: [shown] } = JSON.parse(bad.stdout);
  assertEquals([ready, shown.ready, shown.notReadyReasons.length], [true, false, 1]);
});

permittedTest(NEEDS, "weir sessions lists what is open", async () => {
  await using stage = await setUp();
  const { first, second, listener, ask } = stage;
  const conns = await Promise.all(
    Array.from({ length: 3 }, () => Deno.connect({ hostname: "127.0.0.1", port: listener })),
  );
  try {
    await eventually("they are connected", () => first.open + second.open === 3);
    const { code, stdout } = await ask("sessions");
    assertEquals([code, stdout.trimEnd().split("\n").length], [0, 5]);
    assertMatch(stdout, /\n3 of 3 sessions\n$/);
    const one = await ask("sessions", "--json", "--backend", first.name, "--limit", "1");
    const [session] = JSON.parse(one.stdout);
    assertEquals([session.backend, session.phase], [first.name, "relay"]);
  } finally {
    for (const conn of conns) conn.close();
  }
});

permittedTest(
  NEEDS,
  "weir reload tells what was changed, and fails where nothing was",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const file = `${folder}/weir.cfg`;
      const [admin, listener, backend] = freePorts(3) as [number, number, number];
      const config = (weight: string) =>
        `[options]\nadmin = 127.0.0.1:${admin}\n[mappings]\n` +
        `127.0.0.1:${listener} = 127.0.0.1:${backend}:${weight}\n`;
      await Deno.writeTextFile(file, config("1"));
      await using weir = WeirProcess.spawn(["start", file]);
      await weir.listening();
      const ask = () => WeirProcess.run(["reload", "--config", file]);

      assertEquals((await ask()).stdout, "reloaded: nothing has changed\n");
      await Deno.writeTextFile(file, config("5"));
      const changed = await ask();
      assertEquals([changed.code, changed.stderr], [0, ""]);
      assertStringIncludes(changed.stdout, "weight");

      await Deno.writeTextFile(file, config("500"));
      const refused = await WeirProcess.run(["reload", "--admin", `127.0.0.1:${admin}`]);
      assertEquals([refused.code, refused.stdout], [1, ""]);
      assertMatch(refused.stderr, /weir\.cfg:4:\d+: error: /);
      assertStringIncludes(refused.stderr, "the old settings stay in force");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

permittedTest(NEEDS, "the clients tell apart no Weir, a no, and wrong usage", async () => {
  await using stage = await setUp();
  const { first, ask } = stage;
  const typo = await ask("drain", `${first.name}0`);
  assertEquals([typo.code, typo.stdout], [1, ""]);
  assertMatch(typo.stderr, /^weir: there is no backend "\S+"; did you mean "\S+"\?\n$/);
  const [nobody] = freePorts(1);
  for (const command of [["status"], ["drain", "x"], ["sessions"], ["reload"], ["top"]]) {
    const { code, stderr } = await WeirProcess.run([...command, "--admin", `127.0.0.1:${nobody}`]);
    assertEquals(code, 3, stderr);
    assertStringIncludes(stderr, `weir: cannot reach Weir at 127.0.0.1:${nobody}: `);
  }
  for (const args of [["weight", "x", "257"], ["status", "--admin", "off"], ["drain"]]) {
    assertEquals((await WeirProcess.run(args)).code, 2);
  }
});

permittedTest(NEEDS, "the clients reach Weir at a Unix socket, and bring a token", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [listener] = freePorts(1);
    await Deno.writeTextFile(`${folder}/token`, "may-do-everything-0123\n", { mode: 0o600 });
    await Deno.writeTextFile(
      `${folder}/weir.cfg`,
      `[options]\nadmin = ${folder}/weir.sock\nadmin_token_file = ${folder}/token\n` +
        `[mappings]\n127.0.0.1:${listener} = 127.0.0.1:9\n`,
    );
    await using weir = WeirProcess.spawn(["start", `${folder}/weir.cfg`]);
    await weir.listening();
    const refused = await WeirProcess.run([
      "drain",
      "127.0.0.1:9",
      "--admin",
      `${folder}/weir.sock`,
    ]);
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "pass a token file with --token-file");
    for (
      const flags of [["--config", `${folder}/weir.cfg`], [
        "--admin",
        `${folder}/weir.sock`,
        "--token-file",
        `${folder}/token`,
      ]]
    ) {
      const { code, stdout } = await WeirProcess.run(["drain", "127.0.0.1:9", ...flags]);
      assertEquals(code, 0);
      assertStringIncludes(stdout, "mode drain");
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

permittedTest(NEEDS, "the clients reach Weir at an address of IPv6", async () => {
  const [admin, listener] = freePorts(2);
  await using _weir = await WeirProcess.start(
    `[options]\nadmin = [::1]:${admin}\nhealth_check = off\n[mappings]\n127.0.0.1:${listener} = 127.0.0.1:9\n`,
  );
  const { code, stdout, stderr } = await WeirProcess.run(["status", "--admin", `[::1]:${admin}`]);
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, `127.0.0.1:${listener} listens on`);
});

permittedTest(NEEDS, "weir top writes plain text into a pipe", async () => {
  await using stage = await setUp();
  const { code, stdout } = await WeirProcess.run(["top", stage.admin]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, stage.first.name);
  assertEquals(stdout.includes("\x1b"), false);
});

/** The command line of `weir top`, for a shell. */
function topCommand(admin: string): string {
  const words = [
    Deno.execPath(),
    "run",
    "--no-prompt",
    "--allow-net",
    "--allow-read",
    "--config",
    `${PROJECT}deno.json`,
    `${PROJECT}main.ts`,
    "top",
    admin,
  ];
  return words.map((word) => WORD.test(word) ? word : `'${word}'`).join(" ");
}

/** Returns the settings of the terminal except its size. */
async function terminalSettings(pane: TmuxPane): Promise<string> {
  await pane.type("clear; stty -a | tail -n +2 | cksum");
  const screen = await pane.shows(/^\d+ \d+$/m);
  return /^\d+ \d+$/m.exec(screen)?.[0] ?? "";
}

tmuxTest("weir top is live, drains with a key, and gives the terminal back", async () => {
  await using stage = await setUp();
  const { first, second, listener, admin, ask } = stage;
  await using visitors = new Visitors(listener);
  await using pane = await TmuxPane.open({ columns: 120, rows: 30 });
  const settings = await terminalSettings(pane);
  await pane.type(`clear; ${topCommand(admin)}; echo "ended $?"`);

  await pane.shows(/Weir ● All good/);
  await pane.shows(new RegExp(`${first.name} .*● Up .* [1-9][\\d.]* .*[1-9][\\d.]* (?:Ki)?B`));
  // What others do is seen, too.
  assertEquals((await ask("drain", second.name)).code, 0);
  await pane.shows(new RegExp(`${second.name} .*▼ Draining`));
  assertEquals((await ask("ready", second.name)).code, 0);
  await pane.shows(new RegExp(`${second.name} .*● Up`));

  await pane.press("Down", "d");
  await pane.shows(new RegExp(`Set \\S+/${second.name} to drain\\? y/n`));
  await pane.press("n");
  await pane.shows(/nothing was changed/);
  await pane.press("d", "y");
  await pane.shows(new RegExp(`${second.name} .*▼ Draining`));
  await eventually("its sessions end", () => second.open === 0);
  const served = { first: first.accepted, second: second.accepted };
  await eventually("the other one serves on", () => first.accepted > served.first + 50);
  assertEquals(second.accepted, served.second);

  await pane.press("/", "d", "r", "a", "i", "n", "Enter");
  assertEquals((await pane.shows(/filter "drain"/)).includes(`${first.name} `), false);
  await pane.press("r", "y");
  await pane.shows(/No backend matches the filter/);
  await pane.press("Escape", "s", "s");
  await pane.shows(/STATE↑/);
  await pane.resize({ columns: 60, rows: 12 });
  await pane.shows(/^BACKEND +STATE↑ .*ACTIVE +NEW\/S$/m);

  await pane.press("q");
  await pane.shows(/^ended 0$/m);
  assertEquals(await terminalSettings(pane), settings);
  assertEquals(visitors.failed, 0);
});

tmuxTest("weir top says that Weir is gone, and gives the terminal back on Ctrl-C", async () => {
  await using stage = await setUp();
  await using pane = await TmuxPane.open({ columns: 100, rows: 24 });
  const settings = await terminalSettings(pane);
  await pane.type(`clear; ${topCommand(stage.admin)}; echo "ended $?"`);
  await pane.shows(/Weir ● All good/);
  await stage.weir.stop();
  await pane.shows(/cannot reach Weir at \S+: .*; trying again/);
  await pane.press("C-c");
  await pane.shows(/^ended 0$/m);
  assertEquals(await terminalSettings(pane), settings);
});

tmuxTest("weir top obeys keys while Weir does not answer to an order", async () => {
  await using stage = await setUp();
  const { first, weir } = stage;
  await using pane = await TmuxPane.open({ columns: 100, rows: 24 });
  await pane.type(`clear; ${topCommand(stage.admin)}; echo "ended $?"`);
  await pane.shows(/Weir ● All good/);
  weir.signal("SIGSTOP");
  await pane.press("d", "y");
  await pane.shows(/setting \S+ to drain …/);
  await pane.press("s", "s");
  await pane.shows(/STATE↑/);
  weir.signal("SIGCONT");
  // A key that had waited for the answer would have taken this message away.
  await pane.shows(new RegExp(`${first.name} is set to drain, now drain`));
  await pane.press("q");
  await pane.shows(/^ended 0$/m);
});

tmuxTest("weir top gives the terminal back on SIGTERM", async () => {
  await using stage = await setUp();
  await using pane = await TmuxPane.open({ columns: 100, rows: 24 });
  const settings = await terminalSettings(pane);
  const file = await Deno.makeTempFile();
  try {
    const command = `echo $$ > ${file}; exec ${topCommand(stage.admin)}`;
    await pane.type(`clear; bash -c '${command}'; echo "ended $?"`);
    await pane.shows(/Weir ● All good/);
    Deno.kill(Number(await Deno.readTextFile(file)), "SIGTERM");
    await pane.shows(/^ended 0$/m);
    assertEquals(await terminalSettings(pane), settings);
  } finally {
    await Deno.remove(file);
  }
});
