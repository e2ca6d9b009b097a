import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { formatDuration } from '../../../policy/units.ts';
import { eventually } from '../../../tools/servers/index.ts';
import { holdfast } from '../../support/cli.ts';
import { say, waiting } from '../../support/failovers.ts';
import { sql } from '../../support/postgres-trip.ts';
import { step } from '../../support/runbooks.ts';
import { addresses, openSite, type Site } from '../../support/site.ts';

let site: Site;

beforeAll(async () => {
  site = await openSite();
});

afterAll(() => site?.close());

const run = (...args: string[]) =>
  holdfast(args, {
    env: {
      TEMPORAL_ADDRESS: site.scene.stage.orchestra.temporal.address,
      HOLDFAST_POLICY: site.scene.stage.lab.policyFile,
    },
  });
const done = async (...args: string[]) => {
  const result = await run(...args);
  if (result.code !== 0) throw new Error(`${args.join(' ')}: exit ${result.code}: ${result.stderr}`);
  return result.stdout;
};
const status = async (name: string) => JSON.parse((await run('failover', 'status', name, '--json')).stdout);
const waits = (name: string, id: string, kind: string) =>
  eventually(async () => {
    const state = await status(name);
    const step = state.steps.find((each: { id: string }) => each.id === id);
    if (step.waitsFor?.kind !== kind) throw new Error(`${id} is ${step.state}: ${step.sentences.join(' ')}`);
    return step;
  }, 90);
const ended = (name: string) =>
  eventually(async () => {
    const state = await status(name);
    if (state.result === null)
      throw new Error(
        state.steps
          .map(
            (each: { id: string; state: string; sentences: string[] }) =>
              `${each.id} ${each.state} ${each.sentences}`,
          )
          .join('; '),
      );
    return state;
  }, 120);
const as = (name: string) => ['--as', name, '--sign-with', site.scene.keyOf(name)];
const isStandby = async () =>
  (await sql(site.standby, 'shop', 'select pg_is_in_recovery() as recovering'))[0];

describe('a site is lost', () => {
  it('was rehearsed before, with no effect on production', async () => {
    const before = { serial: await site.bind.serial(), lines: await site.scene.lines() };
    const preview = await done('failover', 'start', 'shop-failover', '--preview');
    expect(preview).toContain('nothing is touched by this preview');
    expect(preview).toContain('$ psql');
    expect(await site.bind.serial()).toBe(before.serial);

    const begun = await done('drill', 'shop-failover', '--as', 'commander-1', '--expect', 'the shop answers');
    expect(begun).toContain('drill/shop-failover has begun (drill).');
    expect(begun).toContain(
      'It stays open after its last step until commander-1 has said what came out, for 1d',
    );
    await waits('drill/shop-failover', 'declare', 'approval');
    await done('failover', 'approve', 'drill/shop-failover', 'declare', '--as', 'ops-1');
    await waits('drill/shop-failover', 'promote', 'approval');
    await done('failover', 'approve', 'drill/shop-failover', 'promote', '--as', 'dba-1');
    await eventually(async () => {
      const { waiting: waits } = JSON.parse(await done('report', 'checklist', 'commander-1', '--json'));
      expect(waits).toMatchObject([
        {
          who: 'commander-1',
          what: expect.stringContaining('says of 1 of 1 expected outcomes'),
          command: 'holdfast failover outcome drill/shop-failover NUMBER yes|no',
        },
      ]);
    }, 90);
    await done('failover', 'outcome', 'drill/shop-failover', '1', 'yes', '--as', 'commander-1');
    const state = await ended('drill/shop-failover');
    expect(state.expectations).toMatchObject([{ text: 'the shop answers', came: 'yes', by: 'commander-1' }]);
    expect(state.result).toBe('passed-with-exceptions');
    expect(state.exceptions.join(' ')).toContain('Simulated');

    // Production is what it was.
    expect(await site.bind.lookUp('shop.example.org', 'A')).toEqual([addresses.before]);
    expect(await site.bind.serial()).toBe(before.serial);
    expect(await isStandby()).toEqual({ recovering: true });
    await sql(site.primary, 'shop', 'select 1');
    expect(await sql(site.primary, 'postgres', 'select from pg_stat_replication')).toHaveLength(1);
    for (const place of [site.scratch, site.scene.stage.orchestra.workRoot])
      expect(await readdir(place)).toEqual([]);
  });

  it('is failed over: asked, fenced, promoted, found by its name, checked, and written down', async () => {
    await site.primary.kill();
    await done('failover', 'start', 'shop-failover', ...as('commander-1'), '--reason', 'fra is dark');
    const again = ['failover', 'start', 'shop-failover', '--reason', 'fra is dark'];
    const undeclared = await run(...again, '--as', 'commander-2');
    expect(undeclared).toMatchObject({ code: 2, stderr: expect.stringContaining('is signed') });
    const twice = await run(...again, ...as('commander-2'));
    expect(twice).toMatchObject({ code: 1, stderr: expect.stringContaining('is under way already') });
    await waits('shop-failover', 'declare', 'approval');
    const unsigned = await run('failover', 'approve', 'shop-failover', 'declare', '--as', 'ops-1');
    expect(unsigned).toMatchObject({ code: 2, stderr: expect.stringContaining('is signed') });
    const own = await run('failover', 'approve', 'shop-failover', 'declare', ...as('commander-1'));
    expect(own).toMatchObject({ code: 1, stderr: expect.stringContaining('declared the run') });
    await done('failover', 'approve', 'shop-failover', 'declare', ...as('ops-1'));

    const promote = await waits('shop-failover', 'promote', 'approval');
    expect(createHash('sha256').update(promote.text).digest('hex')).toBe(promote.hash);
    expect(promote.text).toMatch(/last drill of this version: 2026.* passed-with-exceptions/);
    expect(promote.text).toContain('fact: replication lag');
    const signed = await done('failover', 'sign', 'approve', 'shop-failover', 'promote', ...as('dba-1'));
    const { client } = site.scene.stage.orchestra;
    await client.workflow.getHandle('failover/shop-failover').signal('approve', JSON.parse(signed));
    const state = await ended('shop-failover');

    expect(state.steps.map((step: { id: string; state: string }) => `${step.id} ${step.state}`)).toEqual([
      'declare passed',
      expect.stringMatching(/^fence passed/),
      expect.stringMatching(/^promote passed/),
      'rows passed',
      'dns passed',
      'verify passed',
    ]);
    expect(await isStandby()).toEqual({ recovering: false });
    expect(await site.bind.lookUp('shop.example.org', 'A')).toEqual([addresses.after]);
    expect(state.rto.measured).toBeGreaterThan(0);
    const shown = await run('failover', 'status', 'shop-failover');
    expect(shown.stdout).toMatch(/RTO .* of 1h, RPO .* of 1d/);
    const listed = await done('failover', 'list');
    const drilled = /^drill\/shop-failover +drill +\S+ +commander-1 +passed-with-exceptions +\d.*s +.*\d$/m;
    expect(listed).toMatch(/^failover\/shop-failover +real +\S+ +commander-1 +passed\S* +\d.*s +.*\d$/m);
    expect(listed).toMatch(drilled);
    expect(listed).toContain(` ${formatDuration(state.rto.measured)} `);
    const rehearsals = await done('drill', 'list');
    expect(rehearsals).toMatch(drilled);
    expect(rehearsals).not.toContain('failover/');

    const nobodyElse = await run('drill', 'shop-failover', '--as', 'dba-1');
    expect(nobodyElse).toMatchObject({ code: 1, stderr: expect.stringContaining("can't be approved") });
  });

  it('is stopped after its promotion, and the name stays with what was promoted', async () => {
    const { steps = [] } = site.scene.policy.runbooks['shop-failover'] ?? {};
    const moved = '192.0.2.3';
    const after: Record<string, string[]> = { fence: [], promote: ['fence'], dns: ['promote'] };
    const moves = steps
      .filter(({ id }) => id in after)
      .map((each) => ({ ...each, needs: after[each.id] ?? [], approve: false }))
      .map((each) => (each.do === 'dns.update' ? { ...each, value: moved } : each));
    const handle = await site.scene.start([...moves, step('end', { do: 'manual' }, { needs: ['dns'] })], {
      book: { name: 'stopped' },
    });
    await waiting(handle, 'end', 'deed');
    expect(await site.bind.lookUp('shop.example.org', 'A')).toEqual([moved]);
    await say(handle, 'abort', { by: 'commander-1', reason: 'fra is back' });
    const { result, undone, left, evidence } = await handle.result();
    expect({ result, undone }).toEqual({ result: 'aborted', undone: [] });
    const stays = 'The name stays as it is, since the promotion by promote stays.';
    expect(left).toContain(`dns: ${stays}`);
    expect(await site.bind.lookUp('shop.example.org', 'A')).toEqual([moved]);
    expect(await isStandby()).toEqual({ recovering: false });
    const shown = await run('failover', 'status', 'stopped');
    expect(shown.stdout).toContain(`dns: ${stays}`);
    expect(await done('evidence', 'show', evidence?.path ?? '')).toContain(stays);
  });
});
