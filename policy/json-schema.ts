import { z } from 'zod';
import { policySchema } from './schema.ts';

/**
 * The JSON Schema (draft 7, which editors know best) of the policy as people write it. `policy/policy.schema.json`
 * is its text; a test holds the two equal.
 */
export function generateJsonSchema(): string {
  const schema = z.toJSONSchema(policySchema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema, path }) => {
      if (takesParameter(path)) allowParameter(jsonSchema);
    },
  });
  return `${JSON.stringify({ title: 'Holdfast policy', ...schema }, null, 2)}\n`;
}

/** What parameters are put into before it is checked: everything in a step but what names steps and actions. */
function takesParameter(path: (string | number)[]): boolean {
  const within = path.slice(path.indexOf('steps'));
  const fixed = ['id', 'do', 'needs'].some((key) => within.includes(key));
  return path[1] === 'runbooks' && path.includes('steps') && !fixed;
}

const parameter = { type: 'string', pattern: String.raw`\$\{[a-z0-9][a-z0-9-]*\}` } as const;

/** A parameter may stand where a number, a word of a list or a text of some form is wanted. */
function allowParameter(schema: z.core.JSONSchema.BaseSchema): void {
  const { type, description, default: fallback, ...form } = schema;
  const anyText =
    type === 'string' && form.pattern === undefined && form.allOf === undefined && form.enum === undefined;
  if (type === undefined || type === 'object' || type === 'array' || anyText) return;
  for (const key of Object.keys(schema)) delete schema[key];
  if (description !== undefined) schema.description = description;
  if (fallback !== undefined) schema.default = fallback;
  schema.anyOf = [{ type, ...form }, parameter];
}
