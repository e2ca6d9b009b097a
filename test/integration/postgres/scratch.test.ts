import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { escapeIdentifier } from 'pg';
import { postgresDriver } from '../../../sources/postgres/index.ts';
import { type PostgresServer, postgresBin, startPostgres } from '../../../tools/servers/index.ts';
import {
  type Backup,
  backUp,
  differencesIn,
  inScratch,
  ownScratchBase,
  restoreAndCompare,
  restoreFiles,
  sourceOn,
  sql,
  startWork,
} from '../../support/postgres-trip.ts';

const zstd = (bytes: Buffer): Buffer => execFileSync('zstd', ['-cq'], { input: bytes, maxBuffer: 2 ** 26 });

describe('a scratch place', () => {
  let server: PostgresServer;
  let work: Awaited<ReturnType<typeof startWork>>;
  let base: string;
  let backup: Backup;

  beforeAll(async () => {
    server = await startPostgres({ major: 15 });
    process.env.HOLDFAST_POSTGRES_BIN = server.bin;
    work = await startWork();
    base = await ownScratchBase();
    await sql(server, 'postgres', 'create database shop');
    await sql(
      server,
      'shop',
      'create table a (x int primary key); insert into a select generate_series(1, 20000)',
    );
    backup = await backUp(sourceOn(server), work);
  });

  afterAll(async () => {
    delete process.env.HOLDFAST_POSTGRES_BIN;
    delete process.env.HOLDFAST_SCRATCH_DIR;
    await work.dispose();
    await rm(base, { recursive: true });
    await server.stop();
  });

  const serverOf = async (place: string) =>
    Number((await readFile(join(base, place, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0]);

  it('leaves neither directory nor process', async () => {
    const place = await postgresDriver.openScratch(backup.manifest, work);
    const [name = ''] = await readdir(base);
    const pid = await serverOf(name);
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    await place.destroy();
    expect(await readdir(base)).toEqual([]);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    await place.destroy();
  });

  it.each(['none', 'postgres', 'postgresql://x', `it's "we=ird" \\ $x 😀`])(
    'restores a database without tables called %s',
    async (database) => {
      if (database !== 'postgres')
        await sql(server, 'postgres', `create database ${escapeIdentifier(database)}`);
      const empty = await backUp(sourceOn(server, { database }), work);
      expect(await inScratch(empty, work, (place) => differencesIn(place, empty))).toEqual([]);
    },
  );

  it('keeps the encoding, and says when the locale is not here', async () => {
    await sql(
      server,
      'postgres',
      "create database latin template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'",
    );
    const latin = await backUp(sourceOn(server, { database: 'latin' }), work);
    expect(await inScratch(latin, work, (place) => differencesIn(place, latin))).toEqual([]);
    const origin = { ...backup.manifest.origin, collate: 'tlh_QO.UTF-8', ctype: 'tlh_QO.UTF-8' };
    const elsewhere = { ...backup, manifest: { ...backup.manifest, origin } };
    await inScratch(elsewhere, work, async (place, facts) => {
      expect(facts.warnings).toEqual([expect.stringContaining('tlh_QO.UTF-8')]);
      expect(await differencesIn(place, backup)).toEqual([]);
    });
  });

  it('writes no log for the rows of a restore by one job', async () => {
    await sql(server, 'postgres', 'create database wide');
    await sql(
      server,
      'wide',
      "create table w as select repeat('x', 1900) as x from generate_series(1, 40000)",
    );
    const wide = await backUp(sourceOn(server, { database: 'wide' }), work);
    await inScratch(wide, work, async (place) => {
      const { checks } = await place.prove({
        fingerprint: wide.fingerprint,
        smoke: ["select pg_current_wal_lsn() - '0/0' < 70e6", "select pg_relation_size('w') > 75e6"],
        timeout: 60,
      });
      expect(checks.filter(({ check }) => check === 'smoke').map(({ outcome }) => outcome)).toEqual([
        ...['passed', 'passed'],
      ]);
    });
  });

  it('restores more objects than one transaction can hold locks for', async () => {
    await sql(server, 'postgres', 'create database crowded');
    await sql(server, 'crowded', 'select lo_from_bytea(0, int4send(i)) from generate_series(1, 80000) i');
    const crowded = await backUp(sourceOn(server, { database: 'crowded' }), work);
    expect(await restoreAndCompare(crowded, work)).toEqual([]);
  });

  it('restores without roles when the backup has none', async () => {
    await sql(server, 'shop', 'create role lonely nologin; alter table a owner to lonely');
    const bare = await backUp(sourceOn(server, { globals: 'off' }), work);
    expect(await inScratch(bare, work, (place) => differencesIn(place, bare))).toEqual([]);
  });

  it('restores passwords too when the policy asks for them', async () => {
    await sql(server, 'shop', "create role app login password 'app-password'");
    const whole = await backUp(sourceOn(server, { globals: 'with-passwords' }), work);
    const globals = await readFile(join(whole.directory, 'globals.sql'), 'utf8');
    expect(globals).toContain('SCRAM-SHA-256$');
    await inScratch(whole, work, async (place) => {
      expect(await differencesIn(place, whole)).toEqual([]);
      const { checks } = await place.prove({
        fingerprint: null,
        smoke: ["select rolpassword like 'SCRAM-SHA-256$%' from pg_authid where rolname = 'app'"],
        timeout: 60,
      });
      expect(checks).toContainEqual(expect.objectContaining({ check: 'smoke', outcome: 'passed' }));
    });
    const without = await backUp(sourceOn(server), work);
    expect(await readFile(join(without.directory, 'globals.sql'), 'utf8')).not.toContain('SCRAM');
  });

  it.each([1, 2])('calls a dump that was cut short corrupt, with %i jobs', async (parallel) => {
    const cut = await backUp(sourceOn(server, { parallel }), work);
    const path = join(cut.directory, cut.manifest.files[0]?.name ?? '');
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, Math.floor(bytes.length / 2)));
    const place = await postgresDriver.openScratch(cut.manifest, work);
    try {
      await expect(restoreFiles(place, cut)).rejects.toMatchObject({ code: 'corrupt-copy' });
    } finally {
      await place.destroy();
    }
  });

  it('passes on what the reader of the copy found, rather than what that did to pg_restore', async () => {
    const place = await postgresDriver.openScratch(backup.manifest, work);
    const wrong = new Error('the hash is another');
    try {
      const attempt = place.restore({
        manifest: backup.manifest,
        open: async (file) => ({
          undo: [],
          stored: (async function* () {
            yield await readFile(join(backup.directory, file.name));
            throw wrong;
          })(),
        }),
      });
      await expect(attempt).rejects.toBe(wrong);
    } finally {
      await place.destroy();
    }
  });

  it('undoes the stages on the way, and believes the hash of a damaged copy rather than the tools', async () => {
    const whole = await readFile(join(backup.directory, 'data.dump'));
    const globals = await readFile(join(backup.directory, 'globals.sql'));
    const damaged = new Error('the hash is another');
    const place = await postgresDriver.openScratch(backup.manifest, work);
    const restore = (spoil: boolean) =>
      place.restore({
        manifest: backup.manifest,
        open: async (file) => ({
          undo: [{ command: 'zstd', args: ['-dcq'] }],
          stored: (async function* () {
            const bytes = zstd(file.role === 'data' ? whole : globals);
            if (file.role !== 'data' || !spoil) return yield bytes;
            // Long enough for the tools to fail on it while the copy is still being read.
            for (let piece = 0; piece < 500; piece += 1) yield Buffer.alloc(2 ** 16);
            throw damaged;
          })(),
        }),
      });
    try {
      await expect(restore(true)).rejects.toBe(damaged);
      await restore(false);
      expect(await differencesIn(place, backup)).toEqual([]);
    } finally {
      await place.destroy();
    }
  });

  it('counts the entries of a dump', async () => {
    for (const parallel of [1, 2]) {
      const dump = await backUp(sourceOn(server, { parallel }), work);
      const name = dump.manifest.files[0]?.name ?? '';
      const stored = (async function* () {
        yield await readFile(join(dump.directory, name));
      })();
      expect(await postgresDriver.listContents(dump.manifest, { undo: [], stored }, work)).toBe(3);
    }
  });

  it('goes into a newer server when there is no other, comparing definitions by name', async () => {
    process.env.HOLDFAST_POSTGRES_BIN = postgresBin(18);
    try {
      const compared = await inScratch(backup, work, (place) => place.compare(backup.fingerprint ?? ''));
      expect(compared).toEqual({ differences: [], warnings: [expect.stringContaining('by name only')] });
    } finally {
      process.env.HOLDFAST_POSTGRES_BIN = server.bin;
    }
  });

  it('says that its directory can not be entered by the server', async () => {
    await chmod(base, 0o700);
    try {
      await expect(postgresDriver.openScratch(backup.manifest, work)).rejects.toMatchObject({
        code: 'access-denied',
        hint: expect.stringContaining('HOLDFAST_SCRATCH_DIR'),
      });
    } finally {
      await chmod(base, 0o711);
    }
    expect(await readdir(base)).toEqual([]);
  });

  it('is swept when its owner is gone, and not before', async () => {
    const place = await postgresDriver.openScratch(backup.manifest, work);
    const [name = ''] = await readdir(base);
    const pid = await serverOf(name);
    expect(await postgresDriver.sweepScratch(work.log)).toEqual([]);
    const owner = join(base, name, 'owner.json');
    await writeFile(
      owner,
      (await readFile(owner, 'utf8')).replace(/"started":"[^"]*"/, '"started":"another"'),
    );
    expect(await postgresDriver.sweepScratch(work.log)).toEqual([join(base, name)]);
    expect(await readdir(base)).toEqual([]);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    await place.destroy();
  });
});
