import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openStore } from '../../../repository/index.ts';
import { eventually, freePort, startSeaweedfs } from '../../../tools/servers/index.ts';
import { type CutOff, cutOff } from '../../support/cut-off.ts';
import { queryDatabase } from '../../support/database.ts';
import { type Disaster, haveADisaster } from '../../support/disaster.ts';
import { pathsBelow } from '../../support/files.ts';
import { type Ending, type Program, startProgram } from '../../support/program.ts';
import { bucketNamed } from '../../support/repositories.ts';

let disaster: Disaster;
let left: CutOff;

beforeAll(async () => {
  disaster = await haveADisaster();
  left = await cutOff([disaster.copy]);
});

afterAll(async () => {
  await left?.run('sh', '-c', disaster.stopping).catch(() => undefined);
  await left?.close();
  await disaster?.close();
});

/** Waits until a program has ended; one whose run asks people what now would wait for ever. */
async function ending(program: Program): Promise<Ending> {
  let ended: Ending | undefined;
  void program.ended.then((how) => {
    ended = how;
  });
  const asks = /\n(count|server|backups|restore|rows) waits for /;
  return eventually(
    async () => {
      if (ended === undefined) throw new Error(`it goes on: ${program.said()}`);
      return ended;
    },
    120,
    () => (asks.test(program.said()) ? new Error(`it asks: ${program.said()}`) : undefined),
  );
}

const inLab = (name: string) => join(disaster.lab.directory, name);
const env = () => ({ ...disaster.places.environment, HOLDFAST_LOG_LEVEL: 'error' });
const declaring = () => [
  ...['--yes', '--as', 'commander-1', '--reason', 'Frankfurt is dark', '--sign-with', inLab('commander')],
];
const approving = () => ['site-loss', 'declare', '--as', 'ops-1', '--sign-with', inLab('ops')];
const counted = async () => (await readFile(disaster.counted, 'utf8')).trim().split('\n');

/** The only report that a directory keeps. */
async function reportIn(state: string): Promise<string> {
  const evidence = join(state, 'reports', '_evidence');
  const [report = '', ...others] = (await pathsBelow(evidence)).filter((path) => path.endsWith('.md'));
  expect(others).toEqual([]);
  return readFile(join(evidence, report), 'utf8');
}

/** Somebody is asked, and all that needs nobody is done. */
async function waiting(program: Program): Promise<void> {
  for (const text of ['declare waits for ops', ' count: The command', ' backups: shop-daily'])
    await program.saying(text);
}

it('shows and does the whole of a recovery without any way to what is lost, and goes on after Ctrl-C', async () => {
  const { copy, safe, lostPorts, restoredRows } = disaster;
  await expect(left.run('ls', '/sys/class/net')).resolves.toBeDefined();
  await expect(left.run('touch', join(copy, 'anything'))).rejects.toMatchObject({ code: 'process-failed' });
  const before = await pathsBelow(copy);
  const watchers = await Promise.all(lostPorts.map((port) => left.watch(port)));

  const listing = left.holdfast(['recover', '--from', copy, ...safe, '--list'], env());
  expect(await ending(listing)).toMatchObject({ code: 0 });
  expect(listing.said()).toMatch(/shop-daily +2\d{3}-\S+Z +\S+ .*ago +databases here/);

  const state = inLab('recovery');
  const recover = (...args: string[]) =>
    left.holdfast(['recover', '--from', copy, ...safe, '--state', state, ...args], env());
  const interrupted = recover('--disaster', 'fire', ...declaring());
  await waiting(interrupted);
  expect(interrupted.said()).toContain(
    'Nobody was called for fire: this run reaches no alerts. Call ops (ops-1)',
  );
  interrupted.signal('SIGINT');
  expect(await ending(interrupted)).toMatchObject({ code: 1 });
  expect(interrupted.said()).toContain(`The same command goes on with it: its --state is ${state}.`);

  const otherwise = recover('--runbook', 'site-loss', ...declaring());
  expect(await ending(otherwise)).toMatchObject({ code: 1 });
  expect(otherwise.said()).toContain('was begun otherwise: the disaster was fire, and is none now.');

  // The disks were taken out, and are mounted at other places now.
  const copyAgain = inLab('copy-again');
  await mkdir(copyAgain);
  await left.run('mount', '--bind', copy, copyAgain);
  await left.run('mount', '-t', 'tmpfs', 'tmpfs', copy);
  const [key, again] = [inLab('databases-from-the-safe'), inLab('databases-again')];
  await rename(key, again);
  const moved = safe.map((word) => word.replace(key, again));
  const recovery = left.holdfast(
    ['recover', '--from', copyAgain, ...moved, '--state', state, '--disaster', 'fire'],
    env(),
  );
  await recovery.saying(`failover/site-loss is under way in ${state}, and goes on.`);
  await waiting(recovery);
  const approval = left.holdfast(['failover', 'approve', ...approving()], {
    TEMPORAL_ADDRESS: '127.0.0.1:7233',
    HOLDFAST_POLICY: join(state, 'holdfast.yaml'),
  });
  expect(await ending(approval)).toMatchObject({ code: 0 });
  expect(await ending(recovery)).toMatchObject({ code: 0 });

  await rename(again, key);
  await left.run('umount', copy);
  expect(recovery.said()).toContain('failover/site-loss (real): passed-with-exceptions');
  expect(recovery.said()).toMatch(
    new RegExp(`Report: ${state}/reports/_evidence/\\S+\\.md\\nPolicy: ${state}/`),
  );
  expect(await restoredRows()).toBe(1234);
  expect(await counted()).toEqual(['once']);
  const report = await reportIn(state);
  for (const text of ['Frankfurt is dark', 'fire', 'Nobody was called for fire'])
    expect(report).toContain(text);
  expect(await pathsBelow(copy)).toEqual(before);

  expect(watchers.map((watcher) => watcher.connections())).toEqual([0, 0]);
  await left.run('python3', '-c', `import socket; socket.create_connection(("127.0.0.1", ${lostPorts[0]}))`);
  expect(watchers[0]?.connections()).toBe(1);
});

it('gives the commands to do it by hand, which do', async () => {
  const { copy, safe, spare, restoredRows } = disaster;
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

it('does it from a locked bucket that it may only read, and goes on after kill -9', async () => {
  const { copy, safe, spare, stopping, restoredRows, counted: file } = disaster;
  await left.run('sh', '-c', stopping);
  await spare.restart();
  await queryDatabase(spare, 'postgres', 'drop database shop');
  await rm(file);
  const s3 = await startSeaweedfs({ buckets: [{ name: 'copies', lock: true }] });
  process.env.FILLER_ACCESS_KEY_ID = s3.writer.accessKeyId;
  process.env.FILLER_SECRET_ACCESS_KEY = s3.writer.secretAccessKey;
  const lock = { mode: 'compliance' as const, for: 3600 };
  const address = { endpoint: s3.endpoint, credentials: { env: 'FILLER' }, prefix: 'org', lock };
  const store = await openStore(bucketNamed('copies', address));
  try {
    for (const path of await pathsBelow(copy))
      await store.putIfAbsent(path, await readFile(join(copy, path)));
    const before = await store.list('');
    const state = inLab('from-a-bucket');
    const ports = [await freePort(), await freePort()] as const;
    const from = ['--from', 's3://copies/org', '--endpoint', s3.endpoint, '--credentials', 'SAFE', ...safe];
    const at = ['--state', state, '--port', String(ports[0]), '--ui-port', String(ports[1])];
    const recover = () =>
      startProgram(['recover', ...from, ...at, '--runbook', 'site-loss', ...declaring()], {
        ...env(),
        SAFE_ACCESS_KEY_ID: s3.reader.accessKeyId,
        SAFE_SECRET_ACCESS_KEY: s3.reader.secretAccessKey,
      });
    const killed = recover();
    await waiting(killed);
    await killed.kill();

    const recovery = recover();
    await recovery.saying(`failover/site-loss is under way in ${state}, and goes on.`);
    await waiting(recovery);
    const approval = startProgram(['failover', 'approve', ...approving()], {
      TEMPORAL_ADDRESS: `127.0.0.1:${ports[0]}`,
      HOLDFAST_POLICY: join(state, 'holdfast.yaml'),
    });
    expect(await ending(approval)).toMatchObject({ code: 0 });
    expect(await ending(recovery)).toMatchObject({ code: 0 });

    expect(await restoredRows()).toBe(1234);
    expect(await counted()).toEqual(['once']);
    expect(recovery.said()).toMatch(/The report could not be kept in offsite: .*(refus|denied|right)/i);
    expect(await reportIn(state)).toContain('Frankfurt is dark');
    expect(await store.list('')).toEqual(before);
  } finally {
    store.close();
    await s3.stop();
  }
});
