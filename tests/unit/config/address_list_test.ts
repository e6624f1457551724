import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { addressList } from "../../../lib/config/address_list.ts";

const LIST = addressList();

Deno.test("addressList() takes IP addresses of either family, in canonical form", () => {
  for (
    const [text, expected] of [
      ["10.0.0.1", ["10.0.0.1"]],
      ["10.0.0.1, 10.0.0.2,10.0.0.3", ["10.0.0.1", "10.0.0.2", "10.0.0.3"]],
      ["[2001:DB8::0:1], ::ffff:10.0.0.1", ["2001:db8::1", "10.0.0.1"]],
    ] as const
  ) {
    const parsed = LIST.parse(text);
    assert(parsed.ok);
    assertEquals(parsed.value, expected);
    assertEquals(LIST.parse(LIST.format(parsed.value)), parsed);
  }
  assertEquals(LIST.format([]), "auto");
  assertEquals(LIST.parse("auto"), { ok: true, value: [] });
});

Deno.test("addressList() says what is wrong", () => {
  const expected = "expected auto, or up to 64 IP addresses, separated by commas";
  const many = Array.from({ length: 65 }, (_, index) => `10.0.0.${index}`).join(",");
  for (
    const [text, problem] of [
      ["10.0.0.1,", `is not a list of addresses: ${expected}`],
      ["eth0", `has "eth0", which is not an IP address without a zone: ${expected}`],
      ["10.0.0", `has "10.0.0", which is not an IP address without a zone: ${expected}`],
      [
        "fe80::1%eth0",
        `has "fe80::1%eth0", which is not an IP address without a zone: ${expected}`,
      ],
      ["10.0.0.1:80", `has "10.0.0.1:80", which is not an IP address without a zone: ${expected}`],
      ["0.0.0.0", 'has "0.0.0.0", which is not the address of a machine'],
      ["10.0.0.1, ::", 'has "::", which is not the address of a machine'],
      ["10.0.0.1, ::ffff:a00:1", 'has the address "10.0.0.1" twice'],
      [many, "has more than 64 addresses"],
    ] as const
  ) assertEquals(LIST.parse(text), { ok: false, problem });
});

Deno.test("addressList() never throws, and reads what it writes", () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string());
  fc.assert(fc.property(fc.array(address, { maxLength: 5 }), (addresses) => {
    const parsed = LIST.parse(addresses.join(","));
    if (parsed.ok) assertEquals(LIST.parse(LIST.format(parsed.value)), parsed);
  }));
});
