import { mkdtemp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../../policy/errors.ts';
import { run } from '../../../process/index.ts';
import { type PostgresServer, startPostgres } from '../../servers/index.ts';
import { claimRepositories, runBackup } from '../contenders/holdfast.ts';
import { shell } from '../contenders/shell.ts';
import type { RestoreFact } from '../facts.ts';
import { settle, timed } from '../measure.ts';
import { type Place, runWorkflow } from '../place.ts';
import { startWorker } from '../worker.ts';

/** What the private server of a scratch place is set to, so that the pipe restores into the same. */
const likeScratch = {
  autovacuum: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '4GB',
  checkpoint_timeout: '30min',
  maintenance_work_mem: '256MB',
  jit: 'off',
};

const severalJobs = 2;

/** Restores of the shop, in turns: by the same tools in a shell's pipe, by Holdfast with one job and with more, as a test. */
export async function measureRestore(place: Place, runs: number): Promise<RestoreFact> {
  const server = await startPostgres({ major: 15, settings: likeScratch });
  const worker = await startWorker('fra', place.workerEnvironment);
  try {
    await claimRepositories(place);
    const { backupId } = await runBackup(place, 'counts', 'bench/restore/backup');
    const keyring = await openingKeyring(place);
    const file = await dataFileOf(place, backupId);
    const fact: RestoreFact = { jobs: severalJobs, pipe: [], one: [], several: [], whole: [], test: [] };
    for (let round = 1; round <= runs; round += 1) {
      const contenders = [
        async () => fact.pipe.push(await restoreByPipe(place, server, { keyring, file })),
        async () => {
          const one = await timed(() => restore(place, backupId, `one/${round}`, 1));
          fact.one.push(one.result.seconds);
          fact.whole.push(one.seconds);
        },
        async () =>
          fact.several.push((await restore(place, backupId, `several/${round}`, severalJobs)).seconds),
        async () => fact.test.push((await timed(() => test(place, backupId, round))).seconds),
      ];
      // Who comes after whom matters to caches: every other round goes the other way.
      for (const contend of round % 2 === 1 ? contenders : contenders.reverse()) {
        await settle(place.signal);
        await contend();
      }
    }
    return fact;
  } finally {
    await worker.stop();
    await server.stop();
  }
}

/** A keyring that can open what the lab encrypts; its directory, which goes with the place. */
async function openingKeyring(place: Place): Promise<string> {
  const home = await mkdtemp(join(place.directory, 'o-'));
  const quiet = ['--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', ''];
  const args = [...quiet, '--import', place.lab.encryption.privateFile];
  await run({ command: 'gpg', args, env: { GNUPGHOME: home } }, { signal: place.signal });
  return home;
}

async function dataFileOf(place: Place, backupId: string): Promise<string> {
  const local = join(await place.lab.repositoryPath('local'), 'shop');
  const entries = await readdir(local, { recursive: true });
  const file = entries.find((name) => name.includes(backupId) && name.includes('/data-'));
  if (file === undefined) throw new HoldfastError('not-found', `The copy of ${backupId} has no data.`);
  return join(local, file);
}

async function restoreByPipe(
  place: Place,
  server: PostgresServer,
  { keyring, file }: { keyring: string; file: string },
): Promise<number> {
  const env = {
    PGHOST: server.host,
    PGPORT: String(server.port),
    PGUSER: server.superuser,
    PGPASSWORD: server.password,
    GNUPGHOME: keyring,
    FILE: file,
  };
  const line =
    'gpg --batch --quiet --decrypt "$FILE" | zstd -dc -q | pg_restore --exit-on-error --no-owner --no-privileges -d restored';
  await shell(place, 'createdb restored', { ...env, PGDATABASE: 'postgres' });
  const { seconds } = await timed(() => shell(place, line, { ...env, PGDATABASE: 'restored' }));
  await shell(place, 'dropdb restored', { ...env, PGDATABASE: 'postgres' });
  return seconds;
}

async function restore(place: Place, backupId: string, name: string, jobs: number) {
  const { signers, key, copies } = place.planOf('counts');
  const result = await runWorkflow(place, 'restore', `bench/restore/${name}`, {
    backup: { source: 'shop', backupId },
    zone: 'fra',
    candidates: copies.filter((copy) => copy.name === 'local'),
    signers,
    keys: [key],
    keep: 0,
    jobs,
  });
  if (result.result === 'passed') return result;
  throw new HoldfastError('mismatch', `A restore has exceptions: ${result.exceptions.join(' ')}`);
}

async function test(place: Place, backupId: string, round: number): Promise<void> {
  const plan = place.planOf('counts');
  if (plan.restoreTest === undefined)
    throw new HoldfastError('bad-policy', 'The plan counts has no restore test.');
  const result = await runWorkflow(place, 'restoreTest', `bench/restore/test/${round}`, {
    plan,
    test: plan.restoreTest,
    choice: { kind: 'backup', backupId },
    from: 'local',
  });
  if (result.verdict !== 'proven')
    throw new HoldfastError('mismatch', `A restore test proved nothing: ${result.exceptions.join(' ')}`);
}
