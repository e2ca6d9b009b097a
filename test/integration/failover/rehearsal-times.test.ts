import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pico from 'picocolors';
import { failoverLines } from '../../../cli/failover-print.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../../workflows/contract.ts';
import type { TellAlertsInput } from '../../../workflows/contract-alerts.ts';
import {
  type FollowUpList,
  type FollowUpsInput,
  followUpsQuery,
} from '../../../workflows/contract-follow-ups.ts';
import { failoverMarkdown } from '../../../workflows/failover/details.ts';
import { dateIn, dayAfter, endOfDay, reminderFor } from '../../../workflows/follow-ups-times.ts';
import { progressOfRun, say, seen, waiting } from '../../support/failovers.ts';
import { failoverInput, people, runbook, step } from '../../support/runbooks.ts';
import { openSkipping, type Skipping } from '../../support/skipping.ts';

/** What the alerts are told goes on to nobody: here it counts when. */
const told: TellAlertsInput[] = [];
let skipping: Skipping;

beforeAll(async () => {
  skipping = await openSkipping(['ams'], () => ({
    tellAlerts: async (input) => {
      told.push(input);
    },
  }));
});

afterAll(() => skipping?.close());

const drill = { owner: 'ops-1', expect: ['It answers', 'Quickly'], inject: [], verdict: 86_400 };

function start(name: string, settings: object = {}) {
  told.length = 0;
  const book = runbook([step('cdn', { do: 'manual' }, { remind: 604_800 })]);
  return skipping.environment.client.workflow.start<Workflows['failover']>(workflowTypes.failover, {
    workflowId: `drill/${name}`,
    taskQueue: taskQueueOf('ams'),
    args: [failoverInput(book, { mode: 'drill', alertZone: 'ams', drill: { ...drill, ...settings } })],
  });
}

const announced = (): string[] => told.flatMap(({ announcement }) => announcement?.sentence ?? []);

describe('a rehearsal', () => {
  it('waits a day for its owner’s word, asks twice, and lists what nobody said', async () => {
    const handle = await start('silent');
    await waiting(handle, 'cdn', 'deed');
    await say(handle, 'outcome', { by: 'ops-1', expectation: '1', came: 'yes' });
    await say(handle, 'complete', { by: 'ops-2', step: 'cdn', evidence: 'done' });
    const done = (await progressOfRun(handle)).steps[0]?.endedAt ?? '';
    const result = await handle.result();
    expect(result).toMatchObject({
      result: 'passed-with-exceptions',
      exceptions: expect.arrayContaining(['Nobody said whether this came out, which was expected: Quickly']),
    });
    expect(announced().filter((text) => text.includes('say of 1 of 2 expected outcomes'))).toHaveLength(2);
    // What was done ended when it was done, and not with the waiting.
    expect(Date.parse(result.endedAt) - Date.parse(done)).toBeLessThan(3_600_000);
    expect(await skipping.environment.currentTimeMs()).toBeGreaterThanOrEqual(Date.parse(done) + 86_400_000);
  });

  it('ends with its owner’s last word', async () => {
    const handle = await start('judged');
    await waiting(handle, 'cdn', 'deed');
    await say(handle, 'outcome', { by: 'ops-1', expectation: '2', came: 'no' });
    await say(handle, 'complete', { by: 'ops-2', step: 'cdn', evidence: 'done' });
    const run = await seen(handle, ({ phase }) => phase === 'judging');
    const { since = '', until = '' } = run.verdict ?? {};
    expect(Date.parse(until) - Date.parse(since)).toBe(86_400_000);
    // Wherever somebody looks, it says why it is open, and what ends it.
    const wanted = `Everything is done. ops-1 says of 1 of 2 expected outcomes whether they came out, until ${until}; then it ends without`;
    expect(failoverLines(run, pico.createColors(false), Date.parse(since))).toEqual(
      expect.arrayContaining([
        `  ${wanted}`,
        '  1. It answers (not said yet)',
        '  holdfast failover outcome drill/judged NUMBER yes|no --as NAME',
      ]),
    );
    const details = failoverMarkdown(run, Date.parse(since));
    expect(details).toContain(`**${wanted}.**`);
    expect(details).toContain('`holdfast failover outcome drill/judged NUMBER yes|no --as ops-1`');
    expect(details).toContain('- 2. Quickly (did not come out)');
    // What was said last counts.
    for (const expectation of ['2', '1'])
      await say(handle, 'outcome', { by: 'ops-1', expectation, came: 'yes' });
    const { exceptions } = await handle.result();
    expect(failoverMarkdown(await progressOfRun(handle), 0)).not.toContain('Everything is done.');
    expect(exceptions.filter((sentence) => /expected/i.test(sentence))).toEqual([]);
    expect(announced().filter((text) => text.includes('expected outcomes'))).toHaveLength(1);
  });

  it('stops itself at its deadline, and says of nothing that it came out', async () => {
    const handle = await start('late', { deadline: 7200 });
    await waiting(handle, 'cdn', 'deed');
    const { result, exceptions, declaredAt, endedAt } = await handle.result();
    expect(result).toBe('aborted');
    expect(exceptions.filter((text) => text.startsWith('Nobody said'))).toHaveLength(2);
    expect((await progressOfRun(handle)).aborted).toMatchObject({
      by: 'its deadline',
      reason: 'It was not over after 2h.',
    });
    expect((Date.parse(endedAt) - Date.parse(declaredAt)) / 3_600_000).toBeCloseTo(2, 1);
  });
});

describe('somebody who is waited for', () => {
  it('is reminded in the step’s interval, from the third time on with whom it escalates to', async () => {
    const { client } = skipping.environment;
    const book = runbook([step('halt', { do: 'approve' }, { remind: 900, escalate: 'director' })]);
    const handle = await client.workflow.start<Workflows['failover']>(workflowTypes.failover, {
      workflowId: 'failover/reminded',
      taskQueue: taskQueueOf('ams'),
      args: [failoverInput(book)],
    });
    const { step: asked } = await waiting(handle, 'halt', 'approval');
    await skipping.environment.sleep('52m');
    const { events } = await progressOfRun(handle);
    expect(events.map(({ sentence }) => sentence).filter((text) => text.startsWith('Reminded'))).toEqual([
      'Reminded ops, 1 times by now.',
      'Reminded ops, 2 times by now.',
      'Reminded ops, director, 3 times by now.',
    ]);
    await say(handle, 'approve', { by: 'ops-1', step: 'halt', hash: asked.hash ?? '' });
    const result = await handle.result();
    expect(result).toMatchObject({ steps: [{ state: 'passed' }] });
    expect(result.rto.measured).toBeGreaterThan(3000);
  });
});

describe('a follow-up', () => {
  it('is announced, reminded of on the morning before, and chased from the end of its day until it is closed', async () => {
    told.length = 0;
    const { environment } = skipping;
    const timezone = 'Europe/Amsterdam';
    const input: FollowUpsInput = {
      timezone,
      people: people.map(({ name, roles }) => ({ name, roles })),
      alertZone: 'ams',
    };
    const handle = await environment.client.workflow.start<Workflows['followUps']>(workflowTypes.followUps, {
      workflowId: 'follow-ups',
      taskQueue: taskQueueOf('ams'),
      args: [input],
    });
    const due = dayAfter(dateIn(timezone, await environment.currentTimeMs()), 5);
    const of = { runbook: 'shop', workflowId: 'drill/shop', runId: 'r', mode: 'drill' as const };
    await handle.executeUpdate('add', {
      args: [{ by: 'dba-1', id: 'f-1', ...of, text: 'lower it', owner: 'ops-1', due }],
    });
    const until = async (time: number) =>
      environment.sleep(Math.max(1, time - (await environment.currentTimeMs())));
    const found = () =>
      told.flatMap(({ observation }) => (observation === undefined ? [] : [observation.findings]));
    await until(reminderFor(timezone, due) - 60_000);
    expect(announced()).toEqual([expect.stringContaining(`is theirs until ${due}: lower it`)]);
    await until(reminderFor(timezone, due) + 60_000);
    expect(announced()).toEqual([expect.anything(), expect.stringContaining(`is due on ${due}: lower it`)]);
    await until(endOfDay(timezone, due) - 60_000);
    expect(found().flat()).toEqual([]);
    await until(endOfDay(timezone, due) + 60_000);
    expect(found().at(-1)).toMatchObject([
      { kind: 'follow-up-overdue', subject: 'shop/f-1', roles: ['ops'] },
    ]);
    // Whoever keeps the alerts may have lost them.
    const before = found().length;
    await environment.sleep('13h');
    expect(found().length).toBeGreaterThan(before + 1);
    expect(announced()).toHaveLength(2);
    await handle.executeUpdate('close', { args: [{ by: 'ops-1', id: 'f-1', evidence: 'change 4711' }] });
    await environment.sleep('1m');
    expect(found().at(-1)).toEqual([]);
    expect(await handle.query<FollowUpList>(followUpsQuery)).toMatchObject({
      open: [],
      closed: [{ id: 'f-1', closed: { by: 'ops-1' } }],
      untold: null,
    });
    await handle.terminate();
  });
});
