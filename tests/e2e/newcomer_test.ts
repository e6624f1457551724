/** What a user does after cloning the project: the README's commands, on its own files. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { freePorts } from "../support/free_ports.ts";
import { permittedTest } from "../support/permitted.ts";
import { programTest } from "../support/program.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["net", "read", "write", "run", "env"] as const;
const PROJECT = new URL("../../", import.meta.url);

/** The original program's own file, byte by byte, apart from its ports. */
const ORIGINAL = `[options]
buffer_size=4096
algorithm=weighted_round_robin

[mappings]
24003=127.0.0.1:8080:3,127.0.0.1:8081:1,127.0.0.1:8082:2,127.0.0.1:8083:1
24004=127.0.0.1:8084:1
`;
const PORTS = [24003, 24004, 24000, 8080, 8081, 8082, 8083, 8084];
/** The order of smooth weighted round robin for the weights 3, 1, 2, 1. */
const ORDER = [8080, 8082, 8081, 8080, 8083, 8082, 8080];

/** Replaces the well-known ports with free ones, so that tests can run in parallel. */
function withFreePorts(text: string): { text: string; portOf: (port: number) => number } {
  const free = freePorts(PORTS.length);
  const portOf = (port: number): number => free[PORTS.indexOf(port)] as number;
  return {
    text: PORTS.reduce(
      (result, port) => result.replaceAll(String(port), String(portOf(port))),
      text,
    ),
    portOf,
  };
}

/** Copies the files that Weir runs from, as in a clone, with another setup.cfg. */
async function cloneWith(setup: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  for (const name of ["main.ts", "deno.json", "deno.lock", "lib", "workers"]) {
    await copy(new URL(name, PROJECT), `${folder}/${name}`);
  }
  await Deno.writeTextFile(`${folder}/setup.cfg`, setup);
  return folder;
}

async function copy(from: URL, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    await copy(new URL(`${from.href}/${name}`), `${to}/${name}`);
  }
}

permittedTest(
  NEEDS,
  "deno task demo comes up in a clone, balances, and ends with Ctrl-C",
  async () => {
    const { text, portOf } = withFreePorts(await Deno.readTextFile(new URL("setup.cfg", PROJECT)));
    const folder = await cloneWith(text);
    try {
      await using demo = WeirProcess.spawnTask("demo", [], folder);
      await demo.listening();
      for (const port of [...ORDER, ...ORDER]) {
        const reply = await fetch(`http://127.0.0.1:${portOf(24003)}/main.ts`);
        assertEquals(reply.headers.get("X-Backend"), `127.0.0.1:${portOf(port)}`);
        assertStringIncludes(await reply.text(), "Deno.exit");
      }
      const around = await fetch(`http://127.0.0.1:${portOf(8080)}/main.ts`);
      assertEquals(around.status, 403);
      await around.body?.cancel();

      const { code, stderr } = await demo.stop("SIGINT");
      assertEquals(code, 0, stderr);
      await assertRejects(
        () => Deno.connect({ hostname: "127.0.0.1", port: portOf(24003) }),
        Deno.errors.ConnectionRefused,
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

permittedTest(
  NEEDS,
  "the original program's file runs unchanged, over several workers",
  async () => {
    const { text, portOf } = withFreePorts(ORIGINAL);
    using backends = new NamedBackends([8080, 8081, 8082, 8083, 8084].map(portOf));
    await using weir = await WeirProcess.start(text);
    const expected = [...ORDER, ...ORDER].map(portOf);
    const found: number[] = [];
    for (const _ of expected) found.push(await backends.ask(portOf(24003)));
    assertEquals(found, expected);
    assertEquals(await backends.ask(portOf(24004)), portOf(8084));
    assertEquals((await weir.stop()).code, 0);
  },
);

programTest(
  "curl",
  NEEDS,
  "setup.cfg as it is puts Weir in front of plain HTTP servers, and curl gets through",
  async () => {
    const { text, portOf } = withFreePorts(await Deno.readTextFile(new URL("setup.cfg", PROJECT)));
    const servers = [8080, 8081, 8082, 8083, 8084].map(portOf).map((port) =>
      Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, () => new Response(`${port}`))
    );
    try {
      await using weir = await WeirProcess.start(text);
      const found: string[] = [];
      for (const _ of ORDER) found.push(await curl(portOf(24003)));
      assertEquals(found, ORDER.map((port) => `200 ${portOf(port)}`));
      assertEquals(await curl(portOf(24004)), `200 ${portOf(8084)}`);
      assertEquals((await weir.stop()).code, 0);
    } finally {
      await Promise.all(servers.map((server) => server.shutdown()));
    }
  },
);

permittedTest(NEEDS, "setup.cfg maps what the original's file maps", async () => {
  const { code, stdout } = await WeirProcess.run(["check", "--json", "setup.cfg"], {
    task: "check",
  });
  assertEquals(code, 0);
  const { settings } = JSON.parse(stdout) as {
    settings: {
      listeners: { key: string; pool: string }[];
      pools: { name: string; backends: { name: string; weight: number }[] }[];
    };
  };
  const mappings = settings.listeners.map(({ key, pool }) => {
    const backends = settings.pools.find(({ name }) => name === pool)?.backends ?? [];
    return `${key}=${backends.map(({ name, weight }) => `${name}:${weight}`).join(",")}\n`;
  });
  assertEquals(mappings.join(""), ORIGINAL.split("[mappings]\n")[1]);
});

permittedTest(NEEDS, "every configuration in the README and on its pages is valid", async () => {
  const pages = new URL(".github/docs/", PROJECT);
  const files = [new URL("README.md", PROJECT)];
  for await (const { name } of Deno.readDir(pages)) files.push(new URL(name, pages));
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(file)));
  const configs = texts.flatMap((text) =>
    [...text.matchAll(/^```ini\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string)
      // Others show a single line.
      .filter((config) => config.startsWith("["))
  );
  assert(configs.length > 3);
  const folder = await Deno.makeTempDir();
  try {
    for (const config of configs) {
      await Deno.writeTextFile(`${folder}/a.cfg`, config);
      const { code, stderr } = await WeirProcess.run(["check", `${folder}/a.cfg`], {
        task: "check",
      });
      assertEquals(code, 0, stderr);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

permittedTest(NEEDS, "the README shows what check prints", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", PROJECT));
  const files = new Map([...readme.matchAll(/In `([\w.]+)`:\n\n```ini\n([^]*?)^```$/gm)].map(
    ([, name, text]) => [name as string, text as string],
  ));
  const shown: [name: string, output: string][] = [];
  for (const [, block = ""] of readme.matchAll(/^```console\n([^]*?)^```$/gm)) {
    for (const [, command = "", output = ""] of block.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)) {
      const [, verb, name = ""] = /^(cat|deno task -q check) (\S+)$/.exec(command) ?? [];
      if (verb === "cat") files.set(name, output);
      else if (verb !== undefined) shown.push([name, output]);
    }
  }
  assertEquals(shown.map(([name]) => name), ["weir.cfg", "wrong.cfg"]);
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, output] of shown) {
      await Deno.writeTextFile(`${folder}/${name}`, files.get(name) as string);
      const { stdout, stderr } = await WeirProcess.run(["check", `${folder}/${name}`], {
        task: "check",
      });
      const printed = (stdout + stderr).replaceAll(`${folder}/`, "");
      assertEquals(withoutCores(printed), withoutCores(output));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

permittedTest(["read"], "the README names tasks that exist, and files that exist", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", PROJECT));
  const tasks = [...readme.matchAll(/\btask ([a-z]+)\b/g)].map((match) => match[1] as string);
  assert(tasks.includes("demo") && tasks.includes("test"));
  assertEquals(tasks.filter((task) => !Object.hasOwn(project.tasks, task)), []);
  for (const [, path = ""] of readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
    await Deno.stat(new URL(path, PROJECT));
  }
});

/** Leaves out how many workers there are: as many as the machine has cores. */
function withoutCores(text: string): string {
  return text.replace(/is valid: \d+ workers?/, "is valid: N workers");
}

/** Sends a request with curl, and returns the status and the body. */
async function curl(port: number): Promise<string> {
  const { stdout, stderr } = await new Deno.Command("curl", {
    args: [
      ...["--silent", "--show-error", "--noproxy", "*", "--write-out", "\n%{http_code}"],
      `http://127.0.0.1:${port}/`,
    ],
  }).output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  return `${lines.pop()} ${lines.join("\n")}${new TextDecoder().decode(stderr)}`;
}

/** Backends that answer every connection with their own port. */
class NamedBackends implements Disposable {
  readonly #listeners: Deno.TcpListener[];

  constructor(ports: readonly number[]) {
    this.#listeners = ports.map((port) => Deno.listen({ hostname: "127.0.0.1", port }));
    for (const listener of this.#listeners) void this.#serve(listener);
  }

  /** Connects to a port and returns which backend answered. */
  async ask(port: number): Promise<number> {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port });
    return Number(await new Response(conn.readable).text());
  }

  [Symbol.dispose](): void {
    for (const listener of this.#listeners) listener.close();
  }

  async #serve(listener: Deno.TcpListener): Promise<void> {
    for await (const conn of listener) {
      await conn.write(new TextEncoder().encode(String(listener.addr.port)));
      conn.close();
    }
  }
}
