import { assertEquals } from "@std/assert";
import {
  type AdminAddress,
  adminAddress,
  formatAdminAddress,
  isExposed,
  parseAdminAddress,
} from "../../../lib/config/admin_address.ts";

const ADDRESSES: readonly [text: string, written: string, exposed: boolean][] = [
  ["off", "off", false],
  ["127.0.0.1:24000", "127.0.0.1:24000", false],
  ["127.9.8.7:1", "127.9.8.7:1", false],
  ["[::1]:65535", "[::1]:65535", false],
  ["[::ffff:127.0.0.1]:24000", "[::ffff:127.0.0.1]:24000", false],
  ["[::ffff:10.0.0.1]:24000", "[::ffff:10.0.0.1]:24000", true],
  ["0.0.0.0:24000", "0.0.0.0:24000", true],
  ["[::]:24000", "[::]:24000", true],
  ["[fe80::1%br-lan]:24000", "[fe80::1%br-lan]:24000", true],
  ["10.0.0.1:24000", "10.0.0.1:24000", true],
  ["/run/weir.sock", "unix:/run/weir.sock", false],
  ["unix:/run/a b.sock", "unix:/run/a b.sock", false],
];

Deno.test("parseAdminAddress() reads addresses, and formatAdminAddress() writes them back", () => {
  for (const [text, written] of ADDRESSES) {
    const address = parseAdminAddress(text) as AdminAddress;
    assertEquals(formatAdminAddress(address), written);
    assertEquals(parseAdminAddress(written), address);
  }
});

Deno.test("isExposed() tells what other machines can reach", () => {
  for (const [text, , exposed] of ADDRESSES) {
    assertEquals(isExposed(parseAdminAddress(text) as AdminAddress), exposed, text);
  }
});

Deno.test("parseAdminAddress() returns nothing for what is not an address", () => {
  const wrong = [
    "",
    "on",
    "24000",
    "localhost:24000",
    "127.0.0.1",
    "127.0.0.1:0",
    "127.0.0.1:65536",
  ];
  wrong.push("::1:24000", "[127.0.0.1]:24000", "[::1]", "1.2.3:4", "/", "unix:", "unix:run/weir");
  wrong.push(`/${"a".repeat(103)}`);
  for (const text of wrong) assertEquals(parseAdminAddress(text), undefined, text);
});

Deno.test("adminAddress() says that a path is too long, rather than that it is none", () => {
  const { parse } = adminAddress();
  const problem = "is too long for a Unix socket: expected a path of 103 bytes at most";
  assertEquals(parse(`/${"a".repeat(102)}`).ok, true);
  assertEquals(parse(`/${"a".repeat(103)}`), { ok: false, problem });
  assertEquals(parse(`unix:/${"\u00e4".repeat(52)}`), { ok: false, problem });
  const relative = parse("run/weir.sock");
  assertEquals(!relative.ok && relative.problem.startsWith("is not an address: "), true);
});
