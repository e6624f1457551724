import { Validator } from "@seriousme/openapi-schema-validator";
import { assert, assertEquals } from "@std/assert";
import { describeOpenApi, operationId } from "../../../../lib/admin/api/openapi.ts";
import { ROUTES } from "../../../../lib/admin/api/routes.ts";
import { SCHEMAS } from "../../../../lib/admin/api/schemas.ts";
import { permittedTest } from "../../../support/permitted.ts";

interface Description {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

function describe(): Description {
  // A copy through text, as a client would get it.
  return JSON.parse(JSON.stringify(describeOpenApi(ROUTES, "1.2.3")));
}

// The validator reads the schemas that it comes with.
permittedTest(["read"], "describeOpenApi() is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate({ ...describe() });
  assertEquals([valid, errors], [true, undefined]);
  assertEquals(validator.version, "3.1");
});

Deno.test("describeOpenApi() has every route, and no other", () => {
  const described = Object.entries(describe().paths)
    .flatMap(([path, group]) => Object.keys(group).map((method) => `${method} ${path}`));
  const routes = ROUTES.map(({ method, path }) => `${method.toLowerCase()} ${path}`);
  assertEquals(described.toSorted(), routes.toSorted());
});

Deno.test("describeOpenApi() names nothing that does not exist, and nothing unused", () => {
  const text = JSON.stringify(describe());
  const named = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
  for (const name of Object.keys(SCHEMAS)) assert(named.includes(name), name);
  for (const name of named) assert(Object.hasOwn(SCHEMAS, name as string), name);
});

Deno.test("operationId() is different for every route", () => {
  const ids = ROUTES.map(operationId);
  assertEquals(new Set(ids).size, ids.length);
  assert(ids.includes("post_backends_id_mode"));
});
