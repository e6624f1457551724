import { Ajv2020 } from "ajv/dist/2020.js";
import { ROUTES } from "../../../../lib/admin/api/routes.ts";
import { SCHEMAS } from "../../../../lib/admin/api/schemas.ts";

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
ajv.addKeyword("components");
ajv.addSchema({ $id: "weir", components: { schemas: SCHEMAS } });

/** Returns where an answer differs from what its route promises; `undefined` if nowhere. */
export function faultInAnswer(method: string, path: string, answer: unknown): string | undefined {
  const route = ROUTES.find((route) => route.method === method && route.path === path);
  const schema = route?.answers[0]?.schema;
  if (schema === undefined) throw new Error(`${method} ${path} promises nothing`);
  const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"weir#/'));
  return ajv.validate(absolute, answer) ? undefined : ajv.errorsText(ajv.errors);
}
