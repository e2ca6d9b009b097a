import { chmod, cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { makeSigningKey } from '../../tools/lab/keys.ts';
import { type Lab, labSource, openLab } from '../../tools/lab/lab.ts';
import { eventually, type PostgresServer, startPostgres, startTemporal } from '../../tools/servers/index.ts';
import { holdfast } from '../support/cli.ts';
import { type CutOff, cutOff } from '../support/cut-off.ts';
import { queryDatabase } from '../support/database.ts';
import { pathsBelow } from '../support/files.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { type Ending, type Program, startProgram } from '../support/program.ts';

/** What is left after the disaster: a copy of one repository, keys from the safe, and a server to restore into. */
let lab: Lab;
let places: Places;
let spare: PostgresServer;
let left: CutOff;
let copy: string;
let safe: string[];
let lostPorts: number[];

beforeAll(async () => {
  [lab, places, spare] = await Promise.all([openLab(), openPlaces(), startPostgres({ major: 15 })]);
  copy = join(lab.directory, 'copy');
  await haveADisaster();
  left = await cutOff([copy]);
});

afterAll(async () => {
  await left?.run('sh', '-c', stopping()).catch(() => undefined);
  await left?.close();
  await Promise.all([spare?.stop(), places?.close()]);
  await lab?.close();
});

/** A shop in `fra` is backed up and proven; then all of `fra` is gone, its secrets as well, and so is Temporal. */
async function haveADisaster(): Promise<void> {
  // It is killed, and must not have forgotten its password.
  await queryDatabase(spare, 'postgres', 'checkpoint');
  await spare.kill();
  const repository = await lab.repositoryPath('offsite');
  const [dr, commander, ops] = await Promise.all(
    ['dr', 'commander', 'ops'].map((name) => makeSigningKey(lab.directory, name)),
  );
  if (dr === undefined || commander === undefined || ops === undefined)
    throw new Error('three keys were made');
  const [temporal, primary] = await Promise.all([startTemporal(), startPostgres({ major: 15 })]);
  const workers: Program[] = [];
  try {
    await queryDatabase(primary, 'postgres', 'create database shop');
    await queryDatabase(primary, 'shop', 'create table orders as select generate_series(1, 1234) as id');
    await lab.usePolicy(await sections(repository, primary, { dr, commander, ops }));
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
  lostPorts = [primary.port, Number(temporal.address.split(':')[1])];
  await cp(repository, copy, { recursive: true });
  await rm(join(lab.directory, 'repositories'), { recursive: true });
  for (const secret of ['signing', 'password-shop']) await rm(join(lab.directory, secret));
  const inSafe = (name: string) => join(lab.directory, `${name}-from-the-safe`);
  await rename(lab.encryption.privateFile, inSafe('databases'));
  await rename(dr.privateFile, inSafe('dr'));
  await rename(lab.policyFile, `${lab.policyFile}.lost`);
  safe = [
    ...['--trust', dr.publicFile, '--signing-key', inSafe('dr')],
    ...['--key', `databases=${inSafe('databases')}`],
  ];
}

async function sections(
  repository: string,
  primary: PostgresServer,
  keys: Record<'dr' | 'commander' | 'ops', { publicFile: string; privateFile: string }>,
): Promise<Record<string, unknown>> {
  const [start, password] = [join(lab.directory, 'start-spare'), join(lab.directory, 'password-spare')];
  await writeFile(start, `#!/bin/sh\n${starting()}\n`);
  await chmod(start, 0o755);
  await writeFile(password, spare.password, { mode: 0o600 });
  const place = (zone: string, path: string) => ({ kind: 'filesystem', path, zone, keepFree: '1MiB' });
  return {
    zones: {
      fra: { region: 'EU', site: 'de-fra1', signingKey: { file: lab.signing.privateFile } },
      ams: { region: 'EU', site: 'nl-ams1', signingKey: { file: keys.dr.privateFile } },
    },
    signers: { 'worker-fra': lab.signing.publicFile, 'worker-ams': keys.dr.publicFile },
    people: {
      'commander-1': { roles: ['incident-commander'], sshKeys: [keys.commander.publicFile] },
      'ops-1': { roles: ['ops'], sshKeys: [keys.ops.publicFile] },
    },
    keys: {
      databases: {
        gpg: {
          recipients: [lab.encryption.publicFile],
          opens: { ams: { file: lab.encryption.privateFile } },
        },
      },
    },
    repositories: { near: place('fra', await lab.repositoryPath('near')), offsite: place('ams', repository) },
    sources: { shop: await labSource(lab, primary, 'shop') },
    plans: {
      'shop-daily': {
        source: 'shop',
        schedule: '0 2 * * *',
        key: 'databases',
        copies: ['near', 'offsite'],
        restoreTest: {},
      },
    },
    targets: {
      spare: {
        kind: 'postgres',
        zone: 'ams',
        host: spare.host,
        port: spare.port,
        user: spare.superuser,
        password: { file: password },
        database: 'shop',
      },
    },
    runbooks: {
      'site-loss': {
        say: 'Frankfurt is gone',
        lost: ['fra'],
        zone: 'ams',
        steps: [
          { id: 'declare', do: 'approve', role: 'ops', say: 'Is the site lost?' },
          { id: 'server', do: 'command', role: 'ops', in: 'ams', run: [start], needs: ['declare'] },
          { id: 'backups', do: 'backups.verify', role: 'ops', in: 'ams', plans: ['shop-daily'] },
          {
            id: 'restore',
            do: 'restore',
            role: 'ops',
            plan: 'shop-daily',
            target: 'spare',
            database: 'shop',
            needs: ['server', 'backups'],
          },
          {
            id: 'rows',
            do: 'sql.check',
            role: 'ops',
            target: 'spare',
            queries: ['select count(*) = 1234 from orders'],
            needs: ['restore'],
          },
        ],
      },
    },
  };
}

const control = (rest: string): string =>
  `${process.getuid?.() === 0 ? 'setpriv --reuid=postgres --regid=postgres --clear-groups ' : ''}${join(spare.bin, 'pg_ctl')} -D ${spare.directory} ${rest}`;
const starting = () => control(`-w -l ${spare.directory}/log start`);
const stopping = () => control('-m immediate stop');

/** Through its socket, which is a file: the server's network is not ours. */
async function restoredRows(): Promise<number> {
  const host = join(spare.directory, '..', 'socket');
  const client = new Client({ host, port: spare.port, user: 'postgres', database: 'shop' });
  await client.connect();
  try {
    return (await client.query('select id from orders')).rows.length;
  } finally {
    await client.end();
  }
}

/** Waits until a program has ended; one whose run asks people what now would wait for ever. */
async function ending(program: Program): Promise<Ending> {
  let ended: Ending | undefined;
  void program.ended.then((how) => {
    ended = how;
  });
  const asks = /\n(server|backups|restore|rows) waits for /;
  return eventually(
    async () => {
      if (ended === undefined) throw new Error(`it goes on: ${program.said()}`);
      return ended;
    },
    120,
    () => (asks.test(program.said()) ? new Error(`it asks: ${program.said()}`) : undefined),
  );
}

const env = () => ({ ...places.environment, HOLDFAST_LOG_LEVEL: 'error' });

it('shows and does the whole of a recovery without any way to what is lost', async () => {
  await expect(left.run('ls', '/sys/class/net')).resolves.toBeDefined();
  await expect(left.run('touch', join(copy, 'anything'))).rejects.toMatchObject({ code: 'process-failed' });
  const before = await pathsBelow(copy);
  const watchers = await Promise.all(lostPorts.map((port) => left.watch(port)));

  const listing = left.holdfast(['recover', '--from', copy, ...safe, '--list'], env());
  expect(await ending(listing)).toMatchObject({ code: 0 });
  expect(listing.said()).toMatch(/shop-daily +2\d{3}-\S+Z +\S+ .*ago +databases here/);

  const state = join(lab.directory, 'recovery');
  const recovery = left.holdfast(
    [
      ...['recover', '--from', copy, ...safe, '--state', state, '--runbook', 'site-loss', '--yes'],
      ...['--as', 'commander-1', '--reason', 'Frankfurt is dark'],
      ...['--sign-with', join(lab.directory, 'commander')],
    ],
    env(),
  );
  await recovery.saying('declare waits for ops');
  const words = [
    'approve',
    'site-loss',
    'declare',
    '--as',
    'ops-1',
    '--sign-with',
    join(lab.directory, 'ops'),
  ];
  const approval = left.holdfast(['failover', ...words], {
    TEMPORAL_ADDRESS: '127.0.0.1:7233',
    HOLDFAST_POLICY: join(state, 'holdfast.yaml'),
  });
  expect(await ending(approval)).toMatchObject({ code: 0 });
  expect(await ending(recovery)).toMatchObject({ code: 0 });

  expect(recovery.said()).toContain('failover/site-loss (real): passed-with-exceptions');
  expect(await restoredRows()).toBe(1234);
  const [report = ''] = (await pathsBelow(join(state, 'reports', '_evidence'))).filter((path) =>
    path.endsWith('.md'),
  );
  expect(await readFile(join(state, 'reports', '_evidence', report), 'utf8')).toContain('Frankfurt is dark');
  expect(await pathsBelow(copy)).toEqual(before);

  expect(watchers.map((watcher) => watcher.connections())).toEqual([0, 0]);
  await left.run('python3', '-c', `import socket; socket.create_connection(("127.0.0.1", ${lostPorts[0]}))`);
  expect(watchers[0]?.connections()).toBe(1);
});

it('gives the commands to do it by hand, which do', async () => {
  const printed = left.holdfast(
    ['recover', '--from', copy, ...safe, '--print', '--runbook', 'site-loss', '--json'],
    env(),
  );
  expect(await ending(printed)).toMatchObject({ code: 0 });
  const [document] = JSON.parse(printed.said());
  const commands = (id: string): string =>
    document.steps.find((step: { id: string }) => step.id === id).commands.join('\n');
  const sql = (text: string) => `${commands('rows').split('\n').slice(0, 2).join('\n')}
    psql -h ${spare.host} -p ${spare.port} -U postgres -d postgres -Atc '${text}'`;
  const bash = (script: string) => left.run('bash', '-e', '-c', script);
  await bash(sql('drop database shop'));
  expect(await bash(commands('backups'))).toMatch(/Good "holdfast-manifest" signature for worker-fra/);
  expect(await bash(`rm -rf /var/tmp/restore-shop\n${commands('restore')}`)).toContain('.dump.zst.gpg: OK');
  expect(await restoredRows()).toBe(1234);
  expect(await bash(commands('rows'))).toBe('t\n');
  await rm('/var/tmp/restore-shop', { recursive: true });
});
