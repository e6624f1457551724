import { assertEquals, assertRejects } from "@std/assert";
import { AccessLogOwner } from "../../../lib/supervisor/access_log_owner.ts";
import { permittedTest } from "../../support/permitted.ts";

permittedTest(
  ["read", "write"],
  "AccessLogOwner.use() changes the file, and loses no line",
  async () => {
    const folder = await Deno.makeTempDir();
    const owner = new AccessLogOwner();
    owner.write("before there is a log\n", 1);
    await owner.use(`${folder}/a.log`);
    owner.write("to a\n", 1);
    await owner.use(`${folder}/b.log`);
    owner.write("to b\n", 1);
    await owner.use("off");
    owner.write("to nobody\n", 1);
    await owner.close();
    assertEquals(await Deno.readTextFile(`${folder}/a.log`), "to a\n");
    assertEquals(await Deno.readTextFile(`${folder}/b.log`), "to b\n");
    assertEquals(owner.dropped, 0);
    await Deno.remove(folder, { recursive: true });
  },
);

permittedTest(
  ["read", "write"],
  "AccessLogOwner.use() keeps the file where another fails",
  async () => {
    const folder = await Deno.makeTempDir();
    const owner = new AccessLogOwner();
    await owner.use(`${folder}/a.log`);
    await assertRejects(() => owner.use(`${folder}/none/b.log`), Deno.errors.NotFound);
    owner.write("to a\n", 1);
    await owner.close();
    assertEquals(await Deno.readTextFile(`${folder}/a.log`), "to a\n");
    await Deno.remove(folder, { recursive: true });
  },
);
