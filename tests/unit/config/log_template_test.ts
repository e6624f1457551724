import { assert, assertEquals } from "@std/assert";
import { ACCESS_LOG_FIELD_NAMES, accessLogFormat } from "../../../lib/config/log_template.ts";
import { ACCESS_LOG_FIELDS, compileTemplate } from "../../../lib/log/access_log_format.ts";

Deno.test("accessLogFormat() knows the fields that the access log has", () => {
  assertEquals(ACCESS_LOG_FIELDS.map(({ name }) => name), [...ACCESS_LOG_FIELD_NAMES]);
});

Deno.test("accessLogFormat() takes the words and every template that can be compiled", () => {
  const { parse } = accessLogFormat();
  const all = ACCESS_LOG_FIELD_NAMES.map((name) => `%${name}`).join(" ");
  for (const text of ["auto", "text", "json", all, "100%% %client", "%client%backend"]) {
    assertEquals(parse(text), { ok: true, value: text });
    if (text.includes("%")) compileTemplate(text);
  }
});

Deno.test("accessLogFormat() says which field is unknown, and what was meant", () => {
  const { parse } = accessLogFormat();
  assertEquals(parse("%client %byte_in"), {
    ok: false,
    problem: 'has an unknown field "%byte_in"; did you mean "%bytes_in"?',
  });
  const far = parse("%host");
  assert(!far.ok && far.problem.startsWith('has an unknown field "%host"; the fields are %type, '));
  assertEquals(parse("%Client"), {
    ok: false,
    problem: 'has an unknown field "%Client"; did you mean "%client"?',
  });
  assertEquals(parse("%client 50%"), {
    ok: false,
    problem: 'has a "%" without a field name: a percent sign is written "%%"',
  });
  assertEquals(parse("%clientA"), { ok: true, value: "%clientA" });
  assertEquals(parse("client %% backend"), {
    ok: false,
    problem: "has no field: expected auto (as log_format), text, json, or a template, " +
      'such as "%client %backend %bytes_in"',
  });
});
