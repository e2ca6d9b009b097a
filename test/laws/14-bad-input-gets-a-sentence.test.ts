import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { formatProblem, type Problem } from '../../policy/problem.ts';
import { failoverWith } from '../unit/policy/failover-support.ts';
import { full, printedProblems, problemsOf } from '../unit/policy/support.ts';

const fixtures = join(import.meta.dirname, '../unit/policy/fixtures');
const secret = 'hunter2';

const secretPlaces = [
  { path: ['zones', 'fra', 'signingKey'] },
  { path: ['keys', 'databases', 'gpg', 'opens', 'ams'] },
  { path: ['repositories', 'offsite', 'credentials'] },
  { path: ['repositories', 'offsite', 'deleteCredentials'] },
  { path: ['sources', 'shop', 'password'] },
  { path: ['plans', 'shop-daily', 'ping', 'url'] },
  { path: ['notifications', 'mail', 'password'] },
  { path: ['targets', 'shop-standby', 'password'] },
  { path: ['nameServers', 'dns', 'tsig', 'secret'] },
  { path: ['notifications', 'channels', 'chat', 'url'] },
];

describe('law 14: bad input gets a sentence', () => {
  it('tells every problem of a very bad policy at once, each with its line and what to do', async () => {
    const text = readFileSync(join(fixtures, 'very-bad.yaml'), 'utf8');
    const expected = readFileSync(join(fixtures, 'very-bad.problems.txt'), 'utf8');
    expect(`${(await printedProblems(text)).join('\n')}\n`).toBe(expected);
    expect(expected).not.toContain(secret);
  });

  it('gives a sentence for any value in any place, and never repeats the value', async () => {
    const data: unknown = parse(failoverWith());
    const places = placesOf(data);
    expect(places.length).toBeGreaterThan(130);
    const wrong = fc.constantFrom<unknown>(
      secret,
      [secret],
      { x: secret },
      null,
      12_345,
      true,
      `${secret} x\n`,
      [],
      {},
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), wrong, async (path, value) => {
        const problems = await problemsOf(stringify(replaced(data, path, value)));
        for (const problem of problems) expectSentence(problem);
      }),
      { numRuns: 200 },
    );
  });

  it.each(secretPlaces)('refuses a secret that stands in the policy itself, at $path', async ({ path }) => {
    for (const value of [secret, { [secret]: secret }, [secret], { env: `${secret} x` }, { file: secret }]) {
      const problems = await problemsOf(stringify(replaced(parse(failoverWith()), path, value)));
      expect(problems.length).toBeGreaterThan(0);
      for (const problem of problems) expectSentence(problem);
    }
  });

  it('refuses a URL with a password without repeating it', async () => {
    for (const text of [
      full.replace('db.internal', `"postgres://u:${secret}@db.internal/shop"`),
      full.replace('database: shop', `database: "postgres://u:${secret}@db.internal/shop"`),
      full.replace('{ file: /run/secrets/watcher }', `"https://u:${secret}@example.org"`),
      full.replace('{ env: CHAT }', `"https://hooks.slack.com/services/${secret}"`),
      full.replace('bucket:', `endpoint: "https://u:${secret}@s3.example.org", bucket:`),
      full.replace('host:', `url: "postgres://u:${secret}@db.internal/shop", host:`),
      full.replace('  shop: {', `  "postgres://u:${secret}@h/db": { kind: postgres }\n  shop: {`),
    ]) {
      const problems = await problemsOf(text);
      expect(problems.length).toBeGreaterThan(0);
      for (const problem of problems) expectSentence(problem);
    }
  });
});

function expectSentence(problem: Problem): void {
  expect(problem.line).toBeGreaterThan(0);
  expect(problem.column).toBeGreaterThan(0);
  expect(problem.message.length).toBeGreaterThan(10);
  expect(problem.message).not.toContain('\n');
  expect(formatProblem(problem)).not.toContain(secret);
}

/** The path of every value, mappings and lists included. */
function placesOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return [path, ...entries.flatMap(([name, inner]) => placesOf(inner, [...path, name]))];
}

function replaced(value: unknown, path: readonly (string | number)[], replacement: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return replacement;
  if (Array.isArray(value))
    return value.map((inner, index) => (index === step ? replaced(inner, rest, replacement) : inner));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === step ? replaced(inner, rest, replacement) : inner,
    ]),
  );
}
