import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { failoverInput } from '../../../cli/failovers.ts';
import { runbookTemplates } from '../../../policy/index.ts';
import type { ActionName, ResolvedRunbook } from '../../../policy/resolved-failover.ts';
import { eventually } from '../../../tools/servers/index.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../../workflows/contract.ts';
import type { StepProgress } from '../../../workflows/contract-failover.ts';
import { type Failover, say, seen } from '../../support/failovers.ts';
import { sql } from '../../support/postgres-trip.ts';
import { openTemplateSite, type TemplateSite } from '../../support/template-site.ts';

let site: TemplateSite;
let serial: number;

beforeAll(async () => {
  site = await openTemplateSite();
  serial = await site.bind.serial();
});

afterAll(() => site?.close());

/**
 * What each action says that it did in a drill. Nothing is stubbed; but a template names neither a server to be fenced in
 * drills nor an address to be asked in them, so that these two say it, and the name server is asked whether it would.
 */
const deeds: Partial<Record<ActionName, RegExp>> = {
  'backups.verify': /the copy of \S+ in offsite is whole and can be decrypted/,
  'postgres.fence': /Simulated: shop-primary is not fenced: the step names no target for drills/,
  'postgres.promote': /A scratch copy of shop-standby was promoted .* from timeline 1 to 2, and takes writes/,
  'postgres.recover': /shop-daily was restored into a scratch place, which is gone, and compared/,
  restore: /shop-daily was restored into a scratch place, which is gone, and compared/,
  'sql.check': /shop-(primary|standby) was asked as it stands/,
  'dns.update': /Simulated: dns would take the update of service\.example\.org/,
  'http.check': /Simulated: in a drill nothing is asked/,
  communicate: /Sent to \w+, through rehearsal to webhook/,
};

const bookOf = (name: string): ResolvedRunbook => {
  const book = site.policy.runbooks[name];
  if (book === undefined) throw new Error(`no runbook ${name}`);
  return book;
};

/** Somebody who may answers what a step asks. */
async function answer(handle: Failover, step: StepProgress): Promise<void> {
  const { id, hash, waitsFor } = step;
  const refused: string[] = [];
  for (const by of ['two', 'three']) {
    const said = { by, step: id, hash: hash ?? '' };
    const answers = {
      approval: () => say(handle, 'approve', said),
      choice: () => say(handle, 'choose', { ...said, option: 'backup' }),
      deed: () => say(handle, 'complete', { by, step: id, evidence: 'it was said how' }),
      decision: () => Promise.reject(new Error(`${id} failed: ${step.sentences.join(' ')}`)),
    };
    const { outcome, sentence } = await answers[waitsFor?.kind ?? 'decision']();
    if (outcome === 'followed') return;
    refused.push(sentence);
  }
  throw new Error(`nobody could answer ${id}: ${refused.join(' ')}`);
}

/** Drills a runbook to its end; gives the steps, and which of them asked somebody. */
async function drill(book: ResolvedRunbook) {
  const { client } = site.stage.orchestra;
  const owned = { owner: 'one', expect: [], inject: [] };
  const about = { mode: 'drill', person: 'one', reason: 'A rehearsal', drill: owned } as const;
  const handle = await client.workflow.start<Workflows['failover']>(workflowTypes.failover, {
    workflowId: `drill/${book.name}`,
    taskQueue: taskQueueOf(book.zone),
    args: [failoverInput(site.policy, book, about)],
  });
  const asked = new Set<string>();
  const waits = (step: StepProgress) => step.waitsFor !== null;
  for (;;) {
    const run = await seen(handle, ({ phase, steps }) => phase === 'done' || steps.some(waits));
    if (run.phase === 'done') return { result: await handle.result(), steps: run.steps, asked };
    for (const step of run.steps.filter(waits)) {
      asked.add(step.id);
      await answer(handle, step);
    }
  }
}

describe('a drill of a template, on servers that are there', () => {
  it.each(runbookTemplates.map((name) => [name]))('%s comes to its end, every step done', async (name) => {
    const book = bookOf(name);
    const { result, steps, asked } = await drill(book);
    expect(result).toMatchObject({ mode: 'drill', evidence: { stored: ['offsite'] } });
    expect(result.result).toMatch(/^passed/);
    expect(steps.filter(({ state }) => !state.startsWith('passed'))).toEqual([]);
    const said = (step: StepProgress) => `${step.do}: ${step.sentences.join(' ')}`;
    for (const step of steps) expect(said(step)).toMatch(deeds[step.do] ?? /^/);
    const people = book.steps.filter(
      (step) =>
        step.do === 'approve' || step.do === 'manual' || step.do === 'postgres.recover' || step.approve,
    );
    expect([...asked].sort()).toEqual(people.map(({ id }) => id).sort());
  });
});

describe('all of these drills', () => {
  const stepsThat = (action: ActionName) =>
    runbookTemplates.flatMap((name) => bookOf(name).steps.filter((step) => step.do === action));

  it('told people that they were drills', async () => {
    const told = () => site.alerts.received.map(({ body }) => body).join('\n');
    await eventually(async () => {
      for (const { say: text } of stepsThat('notify')) expect(told()).toContain(`DRILL: ${text}`);
    }, 60);
    const subjects = site.rehearsal.received.map(({ body }) => JSON.parse(body).subject);
    expect(subjects).toHaveLength(stepsThat('communicate').length);
    expect(subjects.filter((subject) => !subject.startsWith('DRILL: '))).toEqual([]);
  });

  it('left production and this host as they were', async () => {
    expect(await site.bind.serial()).toBe(serial);
    expect(await sql(site.standby, 'shop', 'select pg_is_in_recovery() as r')).toEqual([{ r: true }]);
    await sql(site.primary, 'shop', 'insert into orders values (1001)');
    expect(await readdir(site.scratch)).toEqual([]);
    expect(await readdir(site.stage.orchestra.workRoot)).toEqual([]);
  });
});
