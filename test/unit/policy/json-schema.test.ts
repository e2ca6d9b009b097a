import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { generateJsonSchema } from '../../../policy/json-schema.ts';

describe('the JSON Schema of the policy', () => {
  it('is what policy/policy.schema.json holds; else run `holdfast schema > policy/policy.schema.json`', async () => {
    const file = join(import.meta.dirname, '../../../policy/policy.schema.json');
    expect(await readFile(file, 'utf8')).toBe(generateJsonSchema());
  });

  it('describes every field, and fields as people write them', () => {
    const properties = propertiesOf(JSON.parse(generateJsonSchema()), '');
    expect(properties.length).toBeGreaterThan(80);
    expect(properties.filter(({ described }) => !described).map(({ path }) => path)).toEqual([]);
    const deadline = properties.find(({ path }) => path.endsWith('.deadline'));
    expect(deadline?.schema).toMatchObject({ type: 'string', default: '6h' });
  });
});

type Property = { path: string; schema: object; described: boolean };

function propertiesOf(node: unknown, path: string): Property[] {
  if (typeof node !== 'object' || node === null) return [];
  const own: Property[] = [];
  if ('properties' in node && typeof node.properties === 'object' && node.properties !== null)
    for (const [name, schema] of Object.entries(node.properties))
      own.push({ path: `${path}.${name}`, schema, described: 'description' in schema });
  return [...own, ...Object.entries(node).flatMap(([name, inner]) => propertiesOf(inner, `${path}.${name}`))];
}
