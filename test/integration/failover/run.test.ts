import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  approveStep,
  type Failovers,
  openFailovers,
  progressOfRun,
  say,
  waiting,
} from '../../support/failovers.ts';
import { command, step } from '../../support/runbooks.ts';

let scene: Failovers;

beforeAll(async () => {
  scene = await openFailovers();
});

afterAll(() => scene?.close());

const report = async (path: string) => {
  const [offsite] = Object.values(scene.policy.repositories).filter(({ name }) => name === 'offsite');
  if (offsite?.kind !== 'filesystem') throw new Error('the scene has a repository that is a directory');
  return readFile(join(offsite.path, '_evidence', `${path}.md`), 'utf8');
};

describe('a failover', () => {
  it('asks, does its steps in order, and keeps a signed report', async () => {
    const handle = await scene.start([
      step('halt', { do: 'approve' }, { phase: 'assess', role: 'ops' }),
      command('fence', scene.writes('fence'), { needs: ['halt'] }),
      command('backups', scene.writes('backups'), { phase: 'prepare' }),
      command('promote', scene.writes('promote'), {
        needs: ['fence', 'backups'],
        approve: true,
        role: 'dba',
      }),
      step('cdn', { do: 'manual' }, { needs: ['promote'], say: 'Point the CDN at the other site' }),
      step('settle', { do: 'wait', seconds: 1 }, { needs: ['cdn'] }),
      command('check', ['true'], { needs: ['settle'], phase: 'validate' }),
    ]);
    expect(await approveStep(handle, 'halt', 'ops-1')).toMatchObject({ outcome: 'followed' });
    expect((await progressOfRun(handle)).steps.find(({ id }) => id === 'promote')?.state).toBe('pending');
    await approveStep(handle, 'promote', 'dba-1');
    await waiting(handle, 'cdn', 'deed');
    expect(
      await say(handle, 'complete', { by: 'ops-2', step: 'cdn', evidence: 'change 4711' }),
    ).toMatchObject({
      outcome: 'followed',
    });
    const result = await handle.result();
    expect(result).toMatchObject({
      result: 'passed',
      exceptions: [],
      rto: { target: 3600, measured: expect.any(Number) },
      evidence: { stored: ['offsite'], path: expect.stringMatching(/^failover\/.*-book-1$/) },
    });
    expect((await scene.lines()).sort()).toEqual(['backups', 'fence', 'promote']);
    const text = await report(result.evidence?.path ?? '');
    expect(text).toContain('# Failover book-1: passed');
    expect(text).toMatch(/\| promote \| dba-1 \| 2026.* \| by name \| [0-9a-f]{12} \|/);
  });
});
