import { z } from 'zod';
import { policySchema } from './schema.ts';

/**
 * The JSON Schema (draft 7, which editors know best) of the policy as people write it. `policy/policy.schema.json`
 * is its text; a test holds the two equal.
 */
export function generateJsonSchema(): string {
  const schema = z.toJSONSchema(policySchema, { io: 'input', target: 'draft-7' });
  return `${JSON.stringify({ title: 'Holdfast policy', ...schema }, null, 2)}\n`;
}
