import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { failoverInput as fromPolicy } from '../../cli/failovers.ts';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { type Failovers, openFailovers, say, waiting } from '../support/failovers.ts';
import { taskQueuesOf } from '../support/run-queues.ts';
import { command, runbook, step } from '../support/runbooks.ts';
import { failureOf } from '../support/stage.ts';

let scene: Failovers;

beforeAll(async () => {
  scene = await openFailovers();
});

afterAll(() => scene?.close());

const about = { mode: 'real', person: 'commander-1', reason: 'the site is dark' } as const;

/** The scene's policy as if everything that it has had a twin in the zone that is lost. */
function twinned(policy: ResolvedPolicy): ResolvedPolicy {
  const { offsite, audit } = policy.repositories;
  if (offsite === undefined || audit === undefined || policy.audit === undefined)
    throw new Error('the scene has a repository and an audit log');
  const there = { ...offsite, name: 'onsite', zone: 'fra' };
  return {
    ...policy,
    repositories: { ...policy.repositories, onsite: there },
    signingKeys: { ...policy.signingKeys, fra: { file: '/nowhere' } },
    checks: { ...policy.checks, zone: 'fra' },
    audit: {
      ...policy.audit,
      witnesses: [there, offsite],
      signingKeys: { ...policy.signingKeys, fra: { file: '/nowhere' } },
    },
  };
}

describe('law 10: recovery never depends on what was lost', () => {
  it('leaves out of a run what lies in the zones that it takes as lost', () => {
    const policy = twinned(scene.policy);
    const input = fromPolicy(policy, runbook([], { lost: ['fra'] }), about);
    expect(input.repositories.map(({ name }) => name)).toEqual(['offsite']);
    expect(Object.keys(input.signingKeys)).toEqual(['ams']);
    expect(input.alertZone).toBeUndefined();
    expect(input.audit?.witnesses.map(({ name }) => name)).toEqual(['offsite']);
    expect(Object.keys(input.audit?.signingKeys ?? {})).toEqual(['ams']);
    const { audit } = policy;
    const lostLog =
      audit === undefined ? undefined : { ...audit, repository: { ...audit.repository, zone: 'fra' } };
    const without = { ...policy, ...(lostLog === undefined ? {} : { audit: lostLog }) };
    expect(fromPolicy(without, runbook([], { lost: ['fra'] }), about).audit).toBeUndefined();
    // With nothing lost, everything is there.
    expect(fromPolicy(policy, runbook([], { lost: [] }), about)).toMatchObject({
      alertZone: 'fra',
      repositories: [{ name: 'offsite' }, { name: 'onsite' }],
    });
  });

  it('comes to its end with nobody in the lost zone, and asks nothing of it', async () => {
    const handle = await scene.start([
      command('fence', scene.writes('fence')),
      command('promote', scene.writes('promote'), { needs: ['fence'] }),
      step('end', { do: 'manual' }, { needs: ['promote'] }),
    ]);
    await waiting(handle, 'end', 'deed');
    await say(handle, 'complete', { by: 'ops-1', step: 'end', evidence: 'x' });
    expect(await handle.result()).toMatchObject({ result: 'passed', evidence: { stored: ['offsite'] } });
    expect(await taskQueuesOf(handle)).toEqual(['holdfast-ams', 'holdfast-ams.urgent']);
  });

  it('waits seconds, and not minutes, for a zone that is silent though nobody named it as lost', async () => {
    const [offsite] = scene.input(runbook([])).repositories;
    if (offsite === undefined) throw new Error('the scene has a repository');
    const handle = await scene.start(
      [command('fence', scene.writes('silent')), step('end', { do: 'manual' }, { needs: ['fence'] })],
      {
        book: { lost: [] },
        repositories: [offsite, { ...offsite, name: 'onsite', zone: 'fra' }],
      },
    );
    const { run } = await waiting(handle, 'end', 'deed');
    expect(run.exceptions.join(' ')).toContain('Earlier runs could not be read in zone fra');
    const { events } = await handle.fetchHistory();
    const asked = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: activity }) =>
      activity?.taskQueue?.name === 'holdfast-fra.urgent'
        ? [Number(activity.scheduleToStartTimeout?.seconds)]
        : [],
    );
    expect(asked).toEqual([10]);
    const work = (events ?? []).filter(
      ({ activityTaskScheduledEventAttributes: activity }) => activity?.activityType?.name === 'doStep',
    );
    // Steps of a disaster have hands that no dump can keep busy.
    expect(work.map((event) => event.activityTaskScheduledEventAttributes?.taskQueue?.name)).toEqual([
      'holdfast-ams.urgent',
    ]);
    await handle.terminate();
  });

  it('refuses a runbook with a step in a zone that it takes as lost', async () => {
    const handle = await scene.start([command('x', ['true'], { zone: 'fra' })]);
    expect(await failureOf(handle.result())).toMatchObject({ code: 'refused' });
    expect(await taskQueuesOf(handle)).toEqual(['holdfast-ams']);
  });
});
