import { assertEquals } from "@std/assert";
import { SharedFolder } from "../../../lib/demo/shared_folder.ts";
import { permittedTest } from "../../support/permitted.ts";

async function withFolder(
  test: (folder: SharedFolder, path: string) => Promise<void>,
): Promise<void> {
  const outside = await Deno.makeTempDir();
  const root = `${outside}/root`;
  try {
    await Deno.mkdir(`${root}/lib`, { recursive: true });
    await Deno.mkdir(`${root}/.git`);
    await Deno.writeTextFile(`${outside}/secret.txt`, "secret");
    await Deno.writeTextFile(`${outside}/root-secret`, "secret");
    await Deno.writeTextFile(`${root}/main.ts`, "12345");
    await Deno.writeTextFile(`${root}/lib/a file.ts`, "1");
    await Deno.writeTextFile(`${root}/.git/config`, "hidden");
    await Deno.writeTextFile(`${root}/.env`, "hidden");
    await test(await SharedFolder.open(root), root);
  } finally {
    await Deno.remove(outside, { recursive: true });
  }
}

permittedTest(
  ["read", "write"],
  "SharedFolder.find() finds files, whatever the query",
  () =>
    withFolder(async (folder, path) => {
      const real = await Deno.realPath(path);
      assertEquals(await folder.find("/main.ts"), { path: `${real}/main.ts`, size: 5 });
      assertEquals(await folder.find("/main.ts?a=/../b"), { path: `${real}/main.ts`, size: 5 });
      assertEquals(await folder.find("/lib/a%20file.ts"), {
        path: `${real}/lib/a file.ts`,
        size: 1,
      });
    }),
);

permittedTest(
  ["read", "write"],
  "SharedFolder.find() gives nothing from outside",
  () =>
    withFolder(async (folder) => {
      const targets = [
        "/../secret.txt",
        "/lib/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%2Fsecret.txt",
        "/../root-secret",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/lib//../../../../../../etc/passwd",
        "/%252e%252e/secret.txt",
        "/C:/secret.txt",
      ];
      for (const target of targets) assertEquals(await folder.find(target), "not found", target);
    }),
);

permittedTest(
  ["read", "write"],
  "SharedFolder.find() refuses paths that make no sense",
  () =>
    withFolder(async (folder) => {
      for (
        const target of ["/main.ts%00", "/%zz", "/..\\secret.txt", "/..%5csecret.txt", "/%0a", "x"]
      ) {
        assertEquals(await folder.find(target), "malformed", target);
      }
    }),
);

permittedTest(
  ["read", "write"],
  "SharedFolder.find() gives nothing hidden, and no folders",
  () =>
    withFolder(async (folder) => {
      for (
        const target of ["/.env", "/.git/config", "/%2egit/config", "/lib", "/lib/", "/", "/none"]
      ) {
        assertEquals(await folder.find(target), "not found", target);
      }
      assertEquals(await folder.find(`/${"x".repeat(5000)}`), "not found");
      assertEquals(await folder.find("/main.ts/x"), "not found");
    }),
);

permittedTest(
  ["read", "write"],
  "SharedFolder.find() follows links only where they stay inside",
  () =>
    withFolder(async (folder, path) => {
      await Deno.symlink("../secret.txt", `${path}/out.txt`);
      await Deno.symlink("..", `${path}/up`);
      await Deno.symlink(".env", `${path}/env.txt`);
      await Deno.symlink("loop", `${path}/loop`);
      await Deno.symlink("main.ts", `${path}/in.ts`);
      for (const target of ["/out.txt", "/up/secret.txt", "/env.txt", "/loop"]) {
        assertEquals(await folder.find(target), "not found", target);
      }
      assertEquals(await folder.find("/in.ts"), {
        path: `${await Deno.realPath(path)}/main.ts`,
        size: 5,
      });
    }),
);

permittedTest(
  ["read", "write"],
  "SharedFolder.list() lists the files that find() finds",
  () =>
    withFolder(async (folder, path) => {
      await Deno.symlink("..", `${path}/up`);
      assertEquals(await folder.list(), ["/lib/a file.ts", "/main.ts"]);
    }),
);
