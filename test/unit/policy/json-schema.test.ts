import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { generateJsonSchema } from '../../../policy/json-schema.ts';
import { policyTemplate } from '../../../policy/template.ts';
import { full, smallest } from './support.ts';

describe('the JSON Schema of the policy', () => {
  it('is what policy/policy.schema.json holds; else run `holdfast schema > policy/policy.schema.json`', async () => {
    const file = join(import.meta.dirname, '../../../policy/policy.schema.json');
    expect(await readFile(file, 'utf8')).toBe(generateJsonSchema());
  });

  it('takes what the loader takes, and refuses an unknown key', () => {
    const schema = z.fromJSONSchema(JSON.parse(generateJsonSchema()));
    for (const text of [smallest, full, policyTemplate()])
      expect(schema.safeParse(parse(text))).toMatchObject({ success: true });
    expect(schema.safeParse(parse(smallest.replace('copies', 'copeis')))).toMatchObject({ success: false });
    expect(schema.safeParse(parse(full.replace('30d', '30')))).toMatchObject({ success: false });
  });

  it('takes a parameter in a step wherever it is put in before it is read', () => {
    const schema = z.fromJSONSchema(JSON.parse(generateJsonSchema()));
    const withStep = (step: string) =>
      parse(`${smallest}runbooks: { part: { parameters: { x: {} }, steps: [${step}] } }\n`);
    const parameter = JSON.stringify(['$', '{x}'].join(''));
    const step = (id: string, within: string) =>
      withStep(`{ id: ${id}, do: http.check, url: ${parameter}, within: ${within}, status: ${parameter} }`);
    expect(schema.safeParse(step('a', parameter))).toMatchObject({ success: true });
    expect(schema.safeParse(step('a', 'soon'))).toMatchObject({ success: false });
    expect(schema.safeParse(step(parameter, '1m'))).toMatchObject({ success: false });
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
