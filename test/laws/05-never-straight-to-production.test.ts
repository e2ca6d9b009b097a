import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { targetOn } from '../../sources/postgres/index.ts';
import { examineTarget } from '../../sources/postgres/refreshing.ts';
import { markText } from '../../sources/postgres/scratch-mark.ts';
import { sweepServer } from '../../sources/postgres/server-sweep.ts';
import { approveMessage } from '../../workflows/contract-approval.ts';
import { everyCommand, holdfast } from '../support/cli.ts';
import { approveSwitch, type Live, openLive, switchReaching } from '../support/live.ts';
import { sql, startWork } from '../support/postgres-trip.ts';
import { failureOf } from '../support/stage.ts';

const root = join(import.meta.dirname, '..', '..');

describe('law 5: never straight to production', () => {
  it.each([
    ['neither place', ['restore', 'latest:shop-daily']],
    ['both places', ['restore', 'latest:shop-daily', '--into-scratch', '--switch-into']],
  ])('a restore is told where to, and to one place: %s', async (_, args) => {
    const run = await holdfast(args);
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('never over live data') });
  });

  it('no option of a restore names another place', async () => {
    const restore = (await everyCommand()).find(([words]) => words === 'restore')?.[1];
    const places = restore?.options
      .map(({ long }) => long ?? '')
      .filter((long) => /into|target|live|force|over|to$/.test(long));
    expect(places?.sort()).toEqual(['--into-scratch', '--switch-into']);
  });

  it('one place in the code renames databases, and few drop them, by their marks', async () => {
    const found: Record<string, string[]> = { rename: [], drop: [] };
    for (const folder of ['sources', 'activities', 'repository', 'process', 'cli'])
      for (const name of await readdir(join(root, folder), { recursive: true })) {
        if (!name.endsWith('.ts')) continue;
        const text = await readFile(join(root, folder, name), 'utf8');
        if (/alter database .* rename to/i.test(text)) found.rename?.push(join(folder, name));
        if (/`drop database/i.test(text)) found.drop?.push(join(folder, name));
      }
    for (const files of Object.values(found)) files.sort();
    expect(found).toEqual({
      rename: ['sources/postgres/rename.ts'],
      // Of private clusters, where nothing is live; of databases that drills made, by their mark; of scratch ones, by theirs.
      drop: [
        'sources/postgres/create-database.ts',
        'sources/postgres/failover/put-restored.ts',
        'sources/postgres/server-sweep.ts',
      ],
    });
  });
});

describe('law 5: a live database', () => {
  let live: Live;

  beforeAll(async () => {
    live = await openLive();
  });

  afterAll(async () => {
    await live?.close();
  });

  const untouched = async () => {
    expect(await live.orders()).toBe(150);
    expect((await live.databases()).filter((name) => name.startsWith('shop'))).toEqual(['shop']);
    expect(await live.steps()).toEqual([]);
  };

  it('stays while nobody whose word counts has approved', async () => {
    const handle = await live.start({ rule: { approvals: 2 } });
    const state = await switchReaching(handle, 'waiting for approvals');
    const [own, intern, other, good] = await Promise.all([
      live.approval('dba-1', state),
      live.approval('intern-1', state),
      live.approval('dba-2', state, { namespace: 'holdfast-approval' }),
      live.approval('dba-2', state),
    ]);
    const wrong = { ...good, hash: 'a'.repeat(64) };
    const { signature: _, ...unsigned } = good;
    const lent = { ...(await live.approval('dba-3', state)), by: 'dba-2' };
    const refused = {
      'asked for this switch': own,
      'has not the role dba': intern,
      'made for holdfast-approval': other,
      'approved another list': wrong,
      'is not signed': unsigned,
      'is not one of dba-2': lent,
    };
    for (const [sentence, approval] of Object.entries(refused)) {
      expect(await approveSwitch(handle, approval)).toMatchObject({
        outcome: 'refused',
        sentence: expect.stringContaining(sentence),
      });
      await handle.signal(approveMessage, approval);
    }
    expect(await approveSwitch(handle, good)).toMatchObject({ outcome: 'approved', approvals: 1 });
    expect(await approveSwitch(handle, good)).toMatchObject({
      outcome: 'refused',
      sentence: expect.stringContaining('counts once'),
    });
    const after = await switchReaching(handle, 'waiting for approvals');
    expect(after.approvals.map(({ by }) => by)).toEqual(['dba-2']);
    await untouched();
    await handle.executeUpdate('cancel', { args: [{ by: 'dba-3', reason: 'the rows were found' }] });
    expect(await handle.result()).toMatchObject({ result: 'aborted', keptAs: null, downtime: null });
    await untouched();
    expect(await live.databases()).not.toContain(state.facts?.order.scratch);
  });

  it('stays where what was restored is not what was backed up, and where nothing proves that it is', async () => {
    // A generated column that lies about being immutable has another value in another database.
    await sql(
      live.postgres,
      'shop',
      `set role shop_owner;
       create function here() returns text immutable language sql as 'select current_database()::text';
       create table lies (id int, place text generated always as (here()) stored);
       insert into lies values (1)`,
    );
    const differing = await live.stage.execute('backup', { plan: live.plan });
    const unproven = structuredClone(live.plan);
    unproven.source.fingerprint = 'off';
    const blind = await live.stage.execute('backup', { plan: unproven });
    await sql(live.postgres, 'shop', 'drop table lies; drop function here()');
    for (const [backupId, code, sentence] of [
      [differing.backupId, 'mismatch', 'table public.lies: backed up 1 row with checksum'],
      [blind.backupId, 'refused', 'no fingerprint'],
    ] as const) {
      const handle = await live.start({ backup: { source: 'shop', backupId } });
      const failure = await failureOf(handle.result());
      expect(failure).toMatchObject({ code, sentence: expect.stringContaining(sentence) });
      await untouched();
      expect((await live.databases()).filter((name) => name.startsWith('holdfast_'))).toEqual([]);
    }
  });

  it('stays where the backup is of something else', async () => {
    const handle = await live.start({ backup: { source: 'other', backupId: live.backup.backupId } });
    expect(await failureOf(handle.result())).toMatchObject({ code: 'refused' });
    await untouched();
  });

  it('is swept by nobody, whatever it is called and whatever its comment says', async () => {
    const work = await startWork();
    try {
      const past = { workflowId: 'over', until: '2026-01-01T00:00:00Z' };
      const mark = markText(past);
      await sql(live.postgres, 'postgres', 'create database holdfast_00000000_unmarked');
      await sql(live.postgres, 'postgres', 'create database leftover');
      await sql(live.postgres, 'postgres', 'create database holdfast_00000000_leftover');
      for (const name of ['leftover', 'holdfast_00000000_leftover'])
        await sql(live.postgres, 'postgres', `comment on database ${name} is '${mark}'`);
      const { rule, source } = live.input();
      process.env.HF_LAW_5 = live.postgres.password;
      const server = { ...source, user: live.postgres.superuser, password: { env: 'HF_LAW_5' } };
      expect(rule.user).not.toBe(server.user);
      expect(await sweepServer(targetOn(server), () => work)).toEqual(['holdfast_00000000_leftover']);
      const databases = await live.databases();
      for (const name of ['shop', 'leftover', 'holdfast_00000000_unmarked'])
        expect(databases).toContain(name);
      await expect(
        examineTarget({ server, database: 'shop', owner: 'shop_owner' }, work),
      ).rejects.toMatchObject({ code: 'refused' });
    } finally {
      await work.dispose();
    }
  });
});
