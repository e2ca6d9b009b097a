import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withContext } from '../../../cli/context.ts';
import { lookAhead, type Patience } from '../../../cli/failover-preview.ts';
import { runbookNamed } from '../../../cli/failovers.ts';
import { exit, type Io } from '../../../cli/io.ts';
import { loadPolicy } from '../../../policy/index.ts';
import type { ResolvedPolicy } from '../../../policy/resolved.ts';
import type { ResolvedRunbook } from '../../../policy/resolved-failover.ts';
import { eventually } from '../../../tools/servers/index.ts';
import type { CheckedStep } from '../../../workflows/contract-runbook.ts';
import { holdfast } from '../../support/cli.ts';
import { type Failovers, openFailovers, seen } from '../../support/failovers.ts';

let scene: Failovers;

const writes = (line: string, log: string) => ['sh', '-c', `echo "${line}" >> ${log}`];

beforeAll(async () => {
  scene = await openFailovers(async (lab) => {
    const log = `${lab.directory}/steps`;
    return {
      tiers: { critical: { rpo: '1h', rto: '1h' } },
      runbooks: {
        shop: {
          tier: 'critical',
          zone: 'ams',
          cooldown: '0s',
          signatures: { real: 'named' },
          steps: [
            { id: 'halt', do: 'approve', role: 'ops', say: 'Begin?' },
            {
              id: 'fence',
              do: 'command',
              run: writes('fenced', log),
              needs: ['halt'],
              drill: { run: ['true'] },
            },
            { id: 'deploy', do: 'command', role: 'ops', run: writes('version one', log), needs: ['fence'] },
          ],
        },
      },
    };
  });
});

afterAll(() => scene?.close());

const run = (...args: string[]) =>
  holdfast(args, {
    env: {
      TEMPORAL_ADDRESS: scene.stage.orchestra.temporal.address,
      HOLDFAST_POLICY: scene.stage.lab.policyFile,
    },
  });
const done = async (...args: string[]) => {
  const { code, stdout, stderr } = await run(...args);
  if (code !== 0) throw new Error(`${args.join(' ')}: exit ${code}: ${stderr}`);
  return stdout;
};
const preview = () => done('failover', 'start', 'shop', '--preview');
const previewed = async () => JSON.parse(await done('failover', 'start', 'shop', '--preview', '--json'));
const handleOf = (id: string) => scene.stage.orchestra.client.workflow.getHandle(id);
const waits = (id: string, step: string) =>
  seen(handleOf(id), ({ steps }) => steps.find((each) => each.id === step)?.waitsFor?.kind === 'approval');

/** A look ahead on a terminal, with another patience than people have. */
async function ahead(policy: ResolvedPolicy, book: ResolvedRunbook, patience: Patience) {
  const told: string[] = [];
  const terminal = { write: (text: string) => told.push(text), isTTY: true };
  const { signal } = new AbortController();
  const env = { TEMPORAL_ADDRESS: scene.stage.orchestra.temporal.address };
  const io: Io = { stdout: terminal, stderr: terminal, env, ask: null, signal };
  const looks: unknown[] = [];
  await withContext(io, { policy: scene.stage.lab.policyFile, color: false }, async (context) => {
    looks.push(await lookAhead(context, policy, book, patience));
    return exit.done;
  });
  return { known: looks[0], told: told.join(''), asked: await looksAsked() };
}

/** How many looks the newest preview has asked workers for. */
async function looksAsked(): Promise<number> {
  const { client } = scene.stage.orchestra;
  const query = `WorkflowType = 'runbookCheck'`;
  const runs = [];
  for await (const run of client.workflow.list({ query })) runs.push(run);
  const newest = runs.reduce((last, run) => (run.startTime > last.startTime ? run : last));
  const { events } = await client.workflow.getHandle(newest.workflowId).fetchHistory();
  const types = (events ?? []).map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name);
  return types.filter((type) => type === 'lookAtStep').length;
}

describe('a preview', () => {
  it('knows no time of what was never rehearsed', async () => {
    expect(await preview()).toContain(
      'predicted RTO unknown: not every step was rehearsed in this version (halt, fence, deploy), target 1h',
    );
  });

  it('predicts by the signed reports of earlier runs, and says what they only simulated', async () => {
    await done('drill', 'shop', '--as', 'commander-1');
    await waits('drill/shop', 'halt');
    await done('failover', 'approve', 'drill/shop', 'halt', '--as', 'ops-1');
    const { steps } = await seen(handleOf('drill/shop'), ({ phase }) => phase === 'done');
    const took = steps.map(
      ({ startedAt, endedAt }) => (Date.parse(endedAt ?? '') - Date.parse(startedAt ?? '')) / 1000,
    );
    // Of Temporal, which a disaster may take, nothing is needed.
    await scene.stage.orchestra.client.workflowService.deleteWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: 'drill/shop' },
    });
    const { predicted } = await previewed();
    expect(predicted).toMatchObject({ simulated: ['deploy'], unmeasured: [], from: [expect.any(String)] });
    expect(predicted.rto).toBeCloseTo(
      took.reduce((sum, seconds) => sum + seconds, 0),
      2,
    );
    expect(await preview()).toMatch(
      /predicted RTO at least \S+, by the run that ended at \S+; only simulated then: deploy,/,
    );
    expect(await scene.lines()).toEqual([]);
  });

  it('shows on a terminal that it waits, and goes without workers that are gone', async () => {
    const { policy } = await loadPolicy(scene.stage.lab.policyFile);
    const { steps, ...book } = runbookNamed(policy, 'shop');
    // Nobody works in that zone.
    const away = { ...book, steps: steps.map((each) => ({ ...each, zone: 'fra' })) };
    const silent = await ahead(policy, away, { zone: 1, whole: 60 });
    expect(silent.known).toMatchObject({
      findings: ['fence', 'deploy'].map((step) => ({
        ...{ step, outcome: 'fault' },
        sentence: expect.stringContaining(`${step} could not be looked at in zone fra`),
      })),
      preview: { earlier: expect.any(Array) },
    });
    expect(silent.asked).toBe(2);
    // However many steps it has: a disaster is no time to wait for each.
    const [first] = steps.filter(({ do: action }) => action === 'command');
    if (first === undefined) throw new Error('the runbook runs no command');
    const many = Array.from({ length: 80 }, (_, index) => ({ ...first, id: `far-${index}`, zone: 'fra' }));
    const large = await ahead(policy, { ...book, steps: [...many, ...steps] }, { zone: 5, whole: 90 });
    const found = Object(large.known).findings.map((each: CheckedStep) => `${each.step} ${each.outcome}`);
    expect(found).toEqual([...many.map(({ id }) => `${id} fault`), 'fence ok', 'deploy ok']);
    // Those that were asked before anybody could know of the silence, and the two of the zone that answers.
    expect(large.asked).toBe(8 + 2);
    await scene.rest();
    const gone = await ahead(policy, { ...book, steps }, { zone: 1, whole: 5 }).finally(() => scene.wake());
    expect(gone.known).toEqual({ unknown: 'No worker has answered within 5s.' });
    expect(gone.told).toContain('Asking workers what is true now, for 5s at most');
    // Temporal itself ends what nobody takes up.
    const { client } = scene.stage.orchestra;
    const query = `WorkflowType = 'runbookCheck' and ExecutionStatus = 'TimedOut'`;
    const limits = await eventually(async () => {
      const found: number[] = [];
      for await (const { workflowId } of client.workflow.list({ query })) {
        const { raw } = await client.workflow.getHandle(workflowId).describe();
        found.push(Number(raw.executionConfig?.workflowExecutionTimeout?.seconds));
      }
      if (found.length === 0) throw new Error('no preview has timed out');
      return found;
    }, 30);
    expect(limits).toEqual([5]);
  });

  it('goes without what nobody answers', async () => {
    const { stdout, code } = await holdfast(['failover', 'start', 'shop', '--preview'], {
      env: { TEMPORAL_ADDRESS: '127.0.0.1:1', HOLDFAST_POLICY: scene.stage.lab.policyFile },
    });
    expect(code).toBe(0);
    expect(stdout).toContain('not known: ');
    expect(stdout).toContain('$ sh -c');
  });
});

describe('a runbook that is changed in the policy while it runs', () => {
  it('goes on as it began: its steps, its version, and the messages about them', async () => {
    await done('failover', 'start', 'shop', '--as', 'commander-1', '--reason', 'fra is dark');
    const { version } = await waits('failover/shop', 'halt');
    const { policyFile } = scene.stage.lab;
    const text = await readFile(policyFile, 'utf8');
    await writeFile(
      policyFile,
      text
        .replaceAll('version one', 'version two')
        .replaceAll(/id: halt|- halt/g, (found) => found.replace('halt', 'begin')),
    );
    const waiting = async () => JSON.parse(await done('report', 'checklist', 'ops', '--json')).waiting;
    expect(await waiting()).toMatchObject([
      {
        who: 'ops',
        what: 'failover/shop, halt: Go on?',
        command: 'holdfast failover status failover/shop',
      },
    ]);
    expect((await previewed()).version).not.toBe(version);
    expect((await previewed()).predicted.rto).toBeNull();
    expect(await done('failover', 'status', 'shop')).toContain(`version ${version.slice(0, 12)}`);
    await done('failover', 'approve', 'shop', 'halt', '--as', 'ops-1');
    const result = await handleOf('failover/shop').result();
    expect(result).toMatchObject({ result: 'passed', version });
    expect(await scene.lines()).toEqual(['fenced', 'version one']);
  });
});
