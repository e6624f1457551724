/**
 * `check` and `start` agree about a file: `start` serves what `check` accepts, and refuses the
 * rest.
 */
import { assert, assertEquals } from "@std/assert";
import { freePorts } from "../support/free_ports.ts";
import { nativeObstacle } from "../support/native_test.ts";
import { permittedTest } from "../support/permitted.ts";
import { type Ending, WeirProcess } from "../support/weir_process.ts";

const TOKEN = "0123456789abcdef";
/** How many run at once: each is a process with several threads. */
const AT_ONCE = 2;

interface Case {
  /** How the lines with errors begin, in order; none if the file is valid. */
  readonly wrong: readonly string[];
  /** `FOLDER`, `PORT` and `ADMIN` are replaced by real ones. */
  readonly text: string;
}

const MAPPING = "\n[mappings]\n127.0.0.1:PORT = 127.0.0.1:9\n";

function right(...options: readonly string[]): Case {
  return { wrong: [], text: `[options]\nworkers = 1\n${options.join("\n")}${MAPPING}` };
}

function wrong(key: string, ...options: readonly string[]): Case {
  return { ...right(...options), wrong: [key] };
}

const ADMIN = "admin = 127.0.0.1:ADMIN";

const CASES: Readonly<Record<string, Case>> = {
  "one listener": right(),
  "an IPv6 listener": { wrong: [], text: "[mappings]\n[::1]:PORT = [::1]:9, localhost:9 backup\n" },
  "comments, and lines as Windows ends them": {
    wrong: [],
    text:
      "\xef\xbb\xbf; c\r\n[mappings] # c\r\n127.0.0.1:PORT = 127.0.0.1:9, ; c\r\n\r\n 127.0.0.1:8\r\n",
  },
  "an override": {
    wrong: [],
    text: `[options]\nalgorithm = p2c${MAPPING}[options 127.0.0.1:PORT]\nalgorithm = random\n`,
  },
  "a check that sends": right("health_check = send_expect", "health_send = a", "health_expect = b"),
  ...(nativeObstacle === undefined
    ? { "a source address": right("source_address = 127.0.0.2") }
    : {}),
  "a source address on streams": wrong(
    "source_address",
    "engine = streams",
    "source_address = 127.0.0.2",
  ),
  "a source address of another family": wrong("source_address", "source_address = ::1"),
  "a source address that is none": wrong("source_address", "source_address = eth0"),
  "a key without effect": right("health_send = a"),
  "an access log in a folder": right("access_log = FOLDER/logs/new.log"),
  "an access log that is there": right("access_log = FOLDER/plain"),
  "an access log behind a link": right("access_log = FOLDER/to_plain"),
  "an access log on standard output": right("access_log = -", "access_log_format = json"),
  "an access log that nobody reads": right("access_log = /dev/null"),
  "an access log from a template": right(
    "access_log = FOLDER/a b.log",
    "access_log_format = %client",
  ),
  "an admin API": right(ADMIN),
  "an admin API with tokens": right(ADMIN, "admin_token_file = FOLDER/tokens"),
  "an admin API with tokens of readers": right(ADMIN, "admin_token_file = FOLDER/readers"),
  "a token file that nobody needs": right("admin_token_file = FOLDER/missing"),
  "an admin API on a socket": right("admin = FOLDER/logs/weir.sock"),
  "an admin API on a socket that was left behind": right("admin = FOLDER/stale.sock"),

  "an access log in no folder": wrong("access_log", "access_log = FOLDER/missing/a.log"),
  "an access log that is a folder": wrong("access_log", "access_log = FOLDER/logs"),
  "an access log below a file": wrong("access_log", "access_log = FOLDER/plain/a.log"),
  "an access log in a pipe": wrong("access_log", "access_log = FOLDER/pipe"),
  "an access log on a socket": wrong("access_log", "access_log = FOLDER/log.sock"),
  "an access log behind a link to nowhere": wrong("access_log", "access_log = FOLDER/to_nowhere"),
  "an access log behind a link to no file": wrong("access_log", "access_log = FOLDER/to_new"),
  "an access log behind a link to itself": wrong("access_log", "access_log = FOLDER/to_itself"),
  "an access log that takes every right": wrong("access_log", "access_log = /dev/stdout"),
  "no token file": wrong("admin_token_file", ADMIN, "admin_token_file = FOLDER/missing"),
  "a short token": wrong("admin_token_file", ADMIN, "admin_token_file = FOLDER/short"),
  "a token file without tokens": wrong("admin_token_file", ADMIN, "admin_token_file = FOLDER/none"),
  "a token file with other lines": wrong(
    "admin_token_file",
    ADMIN,
    "admin_token_file = FOLDER/odd",
  ),
  "a token file that is a folder": wrong(
    "admin_token_file",
    ADMIN,
    "admin_token_file = FOLDER/logs",
  ),
  "a token file that is a pipe": wrong("admin_token_file", ADMIN, "admin_token_file = FOLDER/pipe"),
  "a token file without an end": wrong("admin_token_file", ADMIN, "admin_token_file = /dev/zero"),
  "a token file that is no text": wrong(
    "admin_token_file",
    ADMIN,
    "admin_token_file = FOLDER/latin1",
  ),
  "a socket in no folder": wrong("admin", "admin = FOLDER/missing/weir.sock"),
  "a socket where a file is": wrong("admin", "admin = FOLDER/plain"),
  "two files that are missing": {
    ...right(ADMIN, "admin_token_file = FOLDER/missing", "access_log = FOLDER/missing/a.log"),
    wrong: ["admin_token_file", "access_log"],
  },
  "a backend that is the admin API": {
    wrong: ["127.0.0.1:"],
    text: `[options]\n${ADMIN}\n[mappings]\n127.0.0.1:PORT = 127.0.0.1:ADMIN\n`,
  },
  "an admin API where a listener is": wrong("admin", "admin = 127.0.0.1:PORT"),
  "an unknown key": wrong("algoritm", "algoritm = random"),
  "a value out of range": wrong("retries", "retries = 101"),
  "a key twice": wrong("retries = 2", "retries = 1", "retries = 2"),
  "no weight": { wrong: ["127.0.0.1:"], text: "[mappings]\n127.0.0.1:PORT = 127.0.0.1:9:0\n" },
  "no mapping": { wrong: ["[mappings]"], text: "[mappings]\n" },
  "Latin-1": { wrong: ["; f\uFFFDr"], text: `; f\xfcr${MAPPING}` },
};

permittedTest(
  ["net", "read", "write", "run", "env"],
  `check and start agree on ${Object.keys(CASES).length} files`,
  async (t) => {
    const folder = await makeFolder();
    try {
      const outcomes = await tryAll(folder);
      for (const [name, { wrong }] of Object.entries(CASES)) {
        await t.step(name, () => {
          const { checked, started } = outcomes.get(name) as Outcome;
          const said = `check:\n${checked.stderr}\nstart:\n${started.stderr}`;
          const status = wrong.length === 0 ? 0 : 2;
          assertEquals([checked.code, started.code], [status, status], said);
          const errors = errorsIn(checked);
          assertEquals(errorsIn(started), errors, said);
          assertEquals(errors.length, wrong.length, said);
          wrong.forEach((key, index) => assert(errors[index]?.line.startsWith(key), said));
        });
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

interface Outcome {
  readonly checked: Ending;
  readonly started: Ending;
}

async function tryAll(folder: string): Promise<Map<string, Outcome>> {
  const waiting = Object.entries(CASES);
  const ports = freePorts(2 * waiting.length);
  const outcomes = new Map<string, Outcome>();
  async function takeTurns(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, { text }] = next;
      const names: readonly [string, string][] = [
        ["FOLDER", folder],
        ["PORT", String(ports.pop())],
        ["ADMIN", String(ports.pop())],
      ];
      const file = `${folder}/${outcomes.size}_${waiting.length}.cfg`;
      // Character by character, as it may not be UTF-8.
      const filled = names.reduce((text, [name, value]) => text.replaceAll(name, value), text);
      await Deno.writeFile(file, Uint8Array.from(filled, (character) => character.charCodeAt(0)));
      const checked = await WeirProcess.run(["check", file], { task: "check" });
      outcomes.set(name, { checked, started: await startAndStop(file) });
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, takeTurns));
  return outcomes;
}

/** Lets Weir serve a file, and ends it; or returns how it ended by itself. */
async function startAndStop(file: string): Promise<Ending> {
  await using weir = WeirProcess.spawn(["start", file]);
  const isServed = await weir.listening().then(() => true, () => false);
  return isServed ? await weir.stop() : await weir.ending();
}

/** Each error with its position and message, and the line that it is about. */
function errorsIn({ stderr }: Ending): { readonly error: string; readonly line: string }[] {
  return [...stderr.matchAll(/^(.*: error: .*)\n +\d+ \| (.*)$/gm)]
    .map(([, error = "", line = ""]) => ({ error, line }));
}

/** What the files name: good and bad files of tokens, a pipe, a socket, and links. */
async function makeFolder(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "weir_test_" });
  await Deno.mkdir(`${folder}/logs`);
  const files: Readonly<Record<string, string>> = {
    plain: "",
    tokens: `# two\n${TOKEN}\nread ${TOKEN}==\n`,
    readers: `read ${TOKEN}\n`,
    short: `${TOKEN}\n${TOKEN.slice(1)}\n`,
    none: "# nobody yet\n",
    odd: `write ${TOKEN}\n`,
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o600 });
  }
  await Deno.writeFile(`${folder}/latin1`, Uint8Array.of(0xfc, 0x0a));
  await Deno.symlink(`${folder}/plain`, `${folder}/to_plain`);
  await Deno.symlink("logs/new_too.log", `${folder}/to_new`);
  await Deno.symlink("missing/a.log", `${folder}/to_nowhere`);
  await Deno.symlink("to_itself", `${folder}/to_itself`);
  await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
  // A process that closes a socket removes its file; one that is killed does not.
  const code =
    'for (const path of Deno.args) Deno.listen({ transport: "unix", path }); Deno.exit()';
  const args = ["eval", code, `${folder}/stale.sock`, `${folder}/log.sock`];
  await new Deno.Command(Deno.execPath(), { args }).output();
  return folder;
}
