import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import { type Facts, factsForm, type Section } from './facts.ts';
import { benchmarkDocument } from './report/document.ts';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs');
const document = join(docs, 'benchmarks.md');
const facts = join(docs, 'benchmarks.json');

/** Writes the document, and beside it what it is made from. */
export async function keep(found: Facts): Promise<void> {
  await writeFile(facts, `${JSON.stringify(found, null, 2)}\n`);
  await writeFile(document, benchmarkDocument(found));
}

/** @throws HoldfastError `bad-usage` where there is nothing to add to */
export async function readKept(): Promise<Facts> {
  try {
    return factsForm.parse(JSON.parse(await readFile(facts, 'utf8')));
  } catch (error) {
    throw new HoldfastError(
      'bad-usage',
      'docs/benchmarks.json can not be read, so there is nothing to add to.',
      {
        hint: 'Run `npm run bench` alone: it measures everything.',
        cause: error,
      },
    );
  }
}

/** What was measured before, with some of its sections as they were measured now. Pure. */
export function withAgain(before: Facts, now: Facts): Facts {
  const parts: { [Name in Section]?: Partial<Facts> } = {
    restore: { restore: now.restore },
    memory: { memory: now.memory },
    empty: { emptySeconds: now.emptySeconds },
    plans: { plans: now.plans },
    retention: { retention: now.retention },
    audit: { audit: now.audit },
    status: { status: now.status },
    failover: { failover: now.failover },
  };
  let merged = before;
  for (const section of now.sections) merged = { ...merged, ...parts[section] };
  const { date, runs } = now;
  const later = Object.fromEntries(now.sections.map((section) => [section, { date, runs }]));
  return {
    ...merged,
    again: { ...before.again, ...later },
    sections: [...new Set([...before.sections, ...now.sections])],
  };
}
