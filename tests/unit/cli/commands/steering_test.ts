import { assertEquals, assertThrows } from "@std/assert";
import { RefusalError } from "../../../../lib/cli/client/admin_client.ts";
import { findBackends } from "../../../../lib/cli/commands/steering.ts";
import { sampleBackend, sampleMapping, sampleStatus } from "../../../support/sample_status.ts";

const STATUS = sampleStatus([
  sampleMapping([sampleBackend("127.0.0.1:8080"), sampleBackend("127.0.0.1:8081")]),
  sampleMapping([sampleBackend("127.0.0.1:8080", { id: "24004/127.0.0.1:8080" })], {
    key: "24004",
  }),
]);

function ids(word: string): string[] {
  return findBackends(STATUS, word).map(({ id }) => id);
}

Deno.test("findBackends() takes a name for that backend of every pool", () => {
  assertEquals(ids("127.0.0.1:8080"), ["24003/127.0.0.1:8080", "24004/127.0.0.1:8080"]);
  assertEquals(ids("24004/127.0.0.1:8080"), ["24004/127.0.0.1:8080"]);
});

Deno.test("findBackends() suggests the backend that was meant", () => {
  assertEquals(
    assertThrows(() => ids("127.0.0.1:8018"), RefusalError).message,
    'there is no backend "127.0.0.1:8018"; did you mean "127.0.0.1:8081"?',
  );
  assertEquals(
    assertThrows(() => ids("2404/127.0.0.1:8080"), RefusalError).message,
    'there is no backend "2404/127.0.0.1:8080"; did you mean "24004/127.0.0.1:8080"?',
  );
});

Deno.test("findBackends() lists what there is where nothing is close", () => {
  assertEquals(
    assertThrows(() => ids("x"), RefusalError).message,
    'there is no backend "x"; there is "127.0.0.1:8080", "127.0.0.1:8081"',
  );
});

Deno.test("findBackends() takes a backend that is leaving only where no other is meant", () => {
  const leaving = (key: string, name: string) =>
    sampleBackend(name, { id: `${key}/${name}`, condition: "leaving" });
  const status = sampleStatus([
    sampleMapping([sampleBackend("a")]),
    sampleMapping([leaving("24004", "a"), leaving("24004", "b")], { key: "24004", leaving: true }),
  ]);
  const found = (word: string) => findBackends(status, word).map(({ id }) => id);
  assertEquals([found("a"), found("b")], [["24003/a"], ["24004/b"]]);
  assertEquals(found("24004/a"), ["24004/a"]);
});
