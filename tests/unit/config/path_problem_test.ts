import { assertEquals } from "@std/assert";
import { findPathProblem, isDenied } from "../../../lib/config/_path_problem.ts";
import { permittedTest } from "../../support/permitted.ts";

const WRITE = 0o2;

Deno.test("isDenied() uses only the owner's bits for the owner", () => {
  assertEquals(isDenied({ mode: 0o200, uid: 7 }, WRITE, 7), false);
  assertEquals(isDenied({ mode: 0o577, uid: 7 }, WRITE, 7), true);
});

Deno.test("isDenied() denies others only what no group has either", () => {
  assertEquals(isDenied({ mode: 0o644, uid: 7 }, WRITE, 8), true);
  assertEquals(isDenied({ mode: 0o664, uid: 7 }, WRITE, 8), false);
  assertEquals(isDenied({ mode: 0o602, uid: 7 }, WRITE, 8), false);
});

Deno.test("isDenied() wants every bit of a right", () => {
  assertEquals(isDenied({ mode: 0o200, uid: 7 }, 0o3, 7), true);
  assertEquals(isDenied({ mode: 0o300, uid: 7 }, 0o3, 7), false);
});

Deno.test("isDenied() claims nothing of the superuser, or where it is not known", () => {
  const info = { mode: 0, uid: 7 };
  assertEquals(isDenied(info, WRITE, 0), false);
  assertEquals(isDenied(info, WRITE, undefined), false);
  assertEquals(isDenied({ mode: null, uid: null }, WRITE, 8), false);
});

permittedTest(["read", "write", "sys"], "findPathProblem() sees who may not write", async () => {
  const folder = await Deno.makeTempDir({ prefix: "weir_test_" });
  try {
    await Deno.writeTextFile(`${folder}/file`, "", { mode: 0o644 });
    await Deno.chmod(folder, 0o755);
    const stranger = (Deno.uid() ?? 0) + 1;
    const problem = (path: string, uid: number | undefined) =>
      findPathProblem(path, () => undefined, uid);
    assertEquals(await problem(`${folder}/file`, stranger), "the system denies write access to it");
    assertEquals(
      await problem(`${folder}/new`, stranger),
      `the system denies creating files in "${folder}"`,
    );
    for (const uid of [Deno.uid() ?? 0, undefined]) {
      assertEquals(await problem(`${folder}/file`, uid), undefined);
      assertEquals(await problem(`${folder}/new`, uid), undefined);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
