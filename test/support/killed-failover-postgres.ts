import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect } from '@jest/globals';
import { Client } from 'pg';
import type { PostgresTarget } from '../../policy/resolved-failover.ts';
import { run as runTool } from '../../process/index.ts';
import {
  eventually,
  type ReplicatedServer,
  type StandbyServer,
  startStandby,
} from '../../tools/servers/index.ts';
import { commandOf } from './failover.ts';
import { say, waiting } from './failovers.ts';
import { counted, endOf, type Hanging, type KilledFailovers } from './killed-failover.ts';
import { sql } from './postgres-trip.ts';
import { step } from './runbooks.ts';

const rowsOf = async (server: ReplicatedServer) =>
  (await sql(server, 'shop', 'select count(*)::int as n from orders'))[0];
const caughtUp = (standby: ReplicatedServer, n: number) =>
  eventually(async () => expect(await rowsOf(standby)).toEqual({ n }), 30);

/** Steps that do something to servers of PostgreSQL. */
export const postgresCases: Record<string, (scene: KilledFailovers) => Promise<Hanging>> = {
  'a fence, whose stop is under way': async (scene) => {
    const { primary, standby } = await scene.pair();
    const stop = `echo try >> ${primary.directory}.tries; ${scene.held}; ${primary.commands.stop.join(' ')}`;
    const old = await scene.target(primary, 'fenced', { stop: commandOf('sh', '-c', stop) });
    const young = await scene.target(standby, 'fenced-standby');
    const run = await scene.start('fence', [
      step('fence', { do: 'postgres.fence', target: old }, { timeout: 300 }),
      step('promote', { do: 'postgres.promote', target: young, primary: old }, { needs: ['fence'] }),
      step('end', { do: 'manual' }, { needs: ['promote'] }),
    ]);
    const tries = () => readFile(`${primary.directory}.tries`, 'utf8').catch(() => '');
    return {
      hung: counted(async () => (await tries()) !== ''),
      finished: async () => {
        await waiting(run, 'end', 'deed');
        expect(await tries()).toBe('try\ntry\n');
        expect(await rowsOf(standby)).toEqual({ n: 1000 });
        // Stopped by people after the promotion: what was fenced is not given back beside it.
        await say(run, 'abort', { by: 'commander-1', reason: 'the site is back' });
        const { result, left, undone, steps } = await endOf(run);
        expect({ result, undone }).toEqual({ result: 'aborted', undone: [] });
        expect(left).toEqual([
          expect.stringMatching(/^promote: .*only failing back/),
          expect.stringContaining('fence: fenced stays fenced: another server was promoted'),
        ]);
        expect(steps.map(({ state }) => state)).toEqual(['passed', 'passed', 'not-reached']);
        await expect(sql(primary, 'postgres', 'select 1')).rejects.toThrow(/ECONNREFUSED/);
        expect(await sql(standby, 'postgres', 'select pg_is_in_recovery() as r')).toEqual([{ r: false }]);
      },
    };
  },

  'servers that become standbys, one rewound and one copied anew': async (scene) => {
    const { primary, standby } = await scene.pair();
    const third = scene.keep(await startStandby(primary));
    await Promise.all([caughtUp(standby, 1000), caughtUp(third, 1000)]);
    const leader = await scene.target(standby, 'leader');
    const [rewound, copied] = [await scene.target(primary, 'rewound'), await scene.target(third, 'copied')];
    await writeFile(`${third.directory}.never-rewound`, '');
    for (const server of [third, primary]) await stopByCommand(server);
    await sql(standby, 'postgres', 'select pg_promote()');
    await sql(standby, 'shop', 'insert into orders select generate_series(1001, 2000)');
    const standbyOf = (id: string, target: PostgresTarget) =>
      step(id, { do: 'postgres.standby', target, primary: leader }, { timeout: 300 });
    const run = await scene.start('standby', [standbyOf('rewind', rewound), standbyOf('copy', copied)]);
    const beside = async (server: ReplicatedServer) => readdir(dirname(server.directory));
    const has = (names: string[], part: string) => names.some((name) => name.includes(part));
    return {
      hung: counted(
        async () =>
          has(await beside(primary), '.holdfast-configuration') && has(await beside(third), '.holdfast-new-'),
      ),
      finished: async () => {
        const { steps } = await endOf(run);
        expect(steps.map(({ state, sentences }) => [state, sentences.join(' ')])).toEqual([
          ['passed', expect.stringContaining('since an earlier attempt was interrupted in the midst of it')],
          ['passed', expect.stringContaining('copied anew, since pg_rewind failed')],
        ]);
        await sql(standby, 'shop', 'insert into orders values (2001)');
        await Promise.all([caughtUp(primary, 2001), caughtUp(third, 2001)]);
        expect(has([...(await beside(primary)), ...(await beside(third))], '.holdfast-')).toBe(false);
      },
    };
  },

  'a promotion, which waits for its replay': async (scene) => {
    // One that holds back on purpose is asked to promote at once, and replays the rest then.
    const slow = { max_standby_streaming_delay: '-1', recovery_min_apply_delay: `'100ms'` };
    const { primary, standby } = await scene.pair(slow);
    const old = await scene.target(primary, 'old');
    const young = await scene.target(standby, 'young');
    await caughtUp(standby, 1000);
    const reader = await holdUpReplay(primary, standby);
    await primary.kill();
    const queries = ['select count(*) = 500 from orders'];
    const run = await scene.start('promote', [
      // Nothing stops it from here.
      step('fence', { do: 'postgres.fence', target: { ...old, zone: 'fra' } }),
      step('promote', { do: 'postgres.promote', target: young, primary: old }, { needs: ['fence'] }),
      step('check', { do: 'sql.check', target: young, queries, within: 60 }, { needs: ['promote'] }),
    ]);
    const { step: fence } = await waiting(run, 'fence', 'decision');
    expect(fence.sentences.join(' ')).toContain("the commander's word");
    await say(run, 'complete', { by: 'commander-1', step: 'fence', evidence: 'the site is dark' });
    const promoting = `select from pg_stat_activity where query like 'select pg_promote%'`;
    return {
      hung: counted(async () => (await sql(standby, 'postgres', promoting)).length > 0),
      killed: async () => {
        await reader.end();
        const recovers = () => sql(standby, 'postgres', 'select pg_is_in_recovery() as r');
        await eventually(async () => expect(await recovers()).toEqual([{ r: false }]), 60);
      },
      finished: async () => {
        const { result, steps } = await endOf(run);
        expect(result).toBe('passed-with-exceptions');
        expect(steps.map(({ state }) => state)).toEqual([
          'passed-with-exceptions',
          'passed-with-exceptions',
          'passed',
        ]);
        expect(steps[1]?.results).toContainEqual(expect.objectContaining({ name: 'timeline', value: '2' }));
        expect(
          await sql(standby, 'postgres', 'select timeline_id as t from pg_control_checkpoint()'),
        ).toEqual([{ t: 2 }]);
      },
    };
  },
};

/** A reader that needs on the standby what its replay would remove. */
async function holdUpReplay(primary: ReplicatedServer, standby: StandbyServer): Promise<Client> {
  const reader = new Client({ connectionString: standby.url('shop') });
  reader.on('error', () => undefined);
  await reader.connect();
  await reader.query('begin isolation level repeatable read; select count(*) from orders');
  await sql(primary, 'shop', 'delete from orders where id <= 500');
  await sql(primary, 'shop', 'vacuum orders');
  const waits = `select from pg_stat_activity where backend_type = 'startup' and wait_event = 'RecoveryConflictSnapshot'`;
  await eventually(async () => expect(await sql(standby, 'postgres', waits)).toHaveLength(1), 30);
  return reader;
}

async function stopByCommand(server: ReplicatedServer): Promise<void> {
  const [program = '', ...args] = server.commands.stop;
  await runTool({ command: program, args });
}
