import { chmod, cp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { type KeyFiles, makeSigningKey } from '../../tools/lab/keys.ts';
import { type Lab, labSource, openLab } from '../../tools/lab/lab.ts';
import { type PostgresServer, startPostgres, startTemporal } from '../../tools/servers/index.ts';
import { holdfast } from './cli.ts';
import { queryDatabase } from './database.ts';
import { openPlaces, type Places } from './places.ts';
import { type Program, startProgram } from './program.ts';

/** What is left after a disaster: a copy of one repository, keys from the safe, and a server to restore into. */
export type Disaster = {
  lab: Lab;
  places: Places;
  /** Down, until a step of the runbook `site-loss` starts it. */
  spare: PostgresServer;
  copy: string;
  /** Options of `recover` that name what was in the safe. */
  safe: string[];
  /** Where the lost server and the lost Temporal listened. */
  lostPorts: number[];
  /** Has a line for each time that the runbook's step `count` was done. */
  counted: string;
  /** A command of the shell that ends the spare server. */
  stopping: string;
  /** How many rows were restored, asked through the server's socket, which is a file: its network may not be ours. */
  restoredRows(): Promise<number>;
  close(): Promise<void>;
};

type Keys = Record<'dr' | 'commander' | 'ops', KeyFiles>;

/** A shop in `fra` is backed up and proven; then all of `fra` is gone, its secrets as well, and so is Temporal. */
export async function haveADisaster(): Promise<Disaster> {
  const [lab, places, spare] = await Promise.all([openLab(), openPlaces(), startPostgres({ major: 15 })]);
  // It is killed, and must not have forgotten its password.
  await queryDatabase(spare, 'postgres', 'checkpoint');
  await spare.kill();
  const key = (name: string) => makeSigningKey(lab.directory, name);
  const keys = { dr: await key('dr'), commander: await key('commander'), ops: await key('ops') };
  const lostPorts = await liveUntilItHappens({ lab, places, spare, keys });
  const copy = join(lab.directory, 'copy');
  await cp(join(lab.directory, 'repositories', 'offsite'), copy, { recursive: true });
  await rm(join(lab.directory, 'repositories'), { recursive: true });
  for (const secret of ['signing', 'password-shop']) await rm(join(lab.directory, secret));
  const inSafe = (name: string) => join(lab.directory, `${name}-from-the-safe`);
  await rename(lab.encryption.privateFile, inSafe('databases'));
  await rename(keys.dr.privateFile, inSafe('dr'));
  await rename(lab.policyFile, `${lab.policyFile}.lost`);
  return {
    ...{ lab, places, spare, copy, lostPorts },
    safe: [
      ...['--trust', keys.dr.publicFile, '--signing-key', inSafe('dr')],
      ...['--key', `databases=${inSafe('databases')}`],
    ],
    counted: countedIn(lab),
    stopping: control(spare, '-m immediate stop'),
    restoredRows: () => rowsIn(spare),
    close: async () => {
      await Promise.all([spare.stop(), places.close()]);
      await lab.close();
    },
  };
}

type Before = Pick<Disaster, 'lab' | 'places' | 'spare'> & { keys: Keys };

/** Backs up and proves; gives the ports that are silent afterwards. */
async function liveUntilItHappens(before: Before): Promise<number[]> {
  const { lab, places } = before;
  const [temporal, primary] = await Promise.all([startTemporal(), startPostgres({ major: 15 })]);
  const workers: Program[] = [];
  try {
    await queryDatabase(primary, 'postgres', 'create database shop');
    await queryDatabase(primary, 'shop', 'create table orders as select generate_series(1, 1234) as id');
    await lab.usePolicy(await sections(before, primary));
    const env = { TEMPORAL_ADDRESS: temporal.address, HOLDFAST_POLICY: lab.policyFile };
    for (const zone of ['fra', 'ams'])
      workers.push(startProgram(['worker', '--zone', zone], { ...env, ...places.environment }));
    for (const worker of workers) await worker.saying('Working');
    for (const command of ['apply --yes', 'backup run shop-daily --wait', 'restore-test run shop-daily']) {
      const { code, stderr } = await holdfast(command.split(' '), { env });
      if (code !== 0) throw new Error(`${command}: ${stderr}`);
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.kill()));
    await Promise.all([temporal.stop(), primary.stop()]);
  }
  return [primary.port, Number(temporal.address.split(':')[1])];
}

async function sections(
  { lab, spare, keys: { dr, commander, ops } }: Before,
  primary: PostgresServer,
): Promise<Record<string, unknown>> {
  const password = join(lab.directory, 'password-spare');
  await writeFile(password, spare.password, { mode: 0o600 });
  const place = async (zone: string, name: string) => ({
    ...{ kind: 'filesystem', zone, keepFree: '1MiB' },
    path: await lab.repositoryPath(name),
  });
  const opens = { ams: { file: lab.encryption.privateFile } };
  return {
    zones: {
      fra: { region: 'EU', site: 'de-fra1', signingKey: { file: lab.signing.privateFile } },
      ams: { region: 'EU', site: 'nl-ams1', signingKey: { file: dr.privateFile } },
    },
    signers: { 'worker-fra': lab.signing.publicFile, 'worker-ams': dr.publicFile },
    people: {
      'commander-1': { roles: ['incident-commander'], sshKeys: [commander.publicFile] },
      'ops-1': { roles: ['ops'], sshKeys: [ops.publicFile] },
    },
    keys: { databases: { gpg: { recipients: [lab.encryption.publicFile], opens } } },
    repositories: { near: await place('fra', 'near'), offsite: await place('ams', 'offsite') },
    sources: { shop: await labSource(lab, primary, 'shop') },
    plans: {
      'shop-daily': {
        ...{ source: 'shop', schedule: '0 2 * * *', key: 'databases', restoreTest: {} },
        copies: ['near', 'offsite'],
      },
    },
    targets: {
      spare: {
        ...{ kind: 'postgres', zone: 'ams', host: spare.host, port: spare.port, database: 'shop' },
        ...{ user: spare.superuser, password: { file: password } },
      },
    },
    runbooks: { 'site-loss': await siteLoss(lab, spare) },
    disasters: { fire: { runbook: 'site-loss', say: 'The hall burns', roles: ['ops'] } },
  };
}

async function siteLoss(lab: Lab, spare: PostgresServer): Promise<object> {
  const running = `${control(spare, 'status')} >/dev/null`;
  const start = await script(lab, 'start-spare', `${running} || ${starting(spare)}`);
  const count = await script(lab, 'count', `echo once >> ${countedIn(lab)}`);
  const step = { role: 'ops' };
  return {
    say: 'Frankfurt is gone',
    lost: ['fra'],
    zone: 'ams',
    steps: [
      { id: 'count', do: 'command', ...step, in: 'ams', run: [count] },
      { id: 'declare', do: 'approve', ...step, say: 'Is the site lost?' },
      { id: 'server', do: 'command', ...step, in: 'ams', run: [start], needs: ['declare'] },
      { id: 'backups', do: 'backups.verify', ...step, in: 'ams', plans: ['shop-daily'] },
      {
        ...{ id: 'restore', do: 'restore', ...step, plan: 'shop-daily', target: 'spare', database: 'shop' },
        needs: ['server', 'backups'],
      },
      {
        ...{ id: 'rows', do: 'sql.check', ...step, target: 'spare', needs: ['restore'] },
        queries: ['select count(*) = 1234 from orders'],
      },
    ],
  };
}

async function script(lab: Lab, name: string, commands: string): Promise<string> {
  const file = join(lab.directory, name);
  await writeFile(file, `#!/bin/sh\n${commands}\n`);
  await chmod(file, 0o755);
  return file;
}

const countedIn = (lab: Lab): string => join(lab.directory, 'counted');

const control = ({ bin, directory }: PostgresServer, rest: string): string =>
  `${process.getuid?.() === 0 ? 'setpriv --reuid=postgres --regid=postgres --clear-groups ' : ''}${join(bin, 'pg_ctl')} -D ${directory} ${rest}`;
const starting = (spare: PostgresServer): string => control(spare, `-w -l ${spare.directory}/log start`);

async function rowsIn({ directory, port }: PostgresServer): Promise<number> {
  const host = join(directory, '..', 'socket');
  const client = new Client({ host, port, user: 'postgres', database: 'shop' });
  await client.connect();
  try {
    return (await client.query('select id from orders')).rows.length;
  } finally {
    await client.end();
  }
}
