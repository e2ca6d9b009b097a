import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from '@jest/globals';
import { Client } from 'pg';
import type { PostgresTarget, ResolvedStep } from '../../policy/resolved-failover.ts';
import { run as runTool } from '../../process/index.ts';
import {
  type BindServer,
  eventually,
  freePort,
  type ReplicatedServer,
  type StandbyServer,
  startBind,
  startBindResolver,
  startPrimary,
  startStandby,
} from '../../tools/servers/index.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../workflows/contract.ts';
import { commandOf, targetOn } from './failover.ts';
import { type Failover, progressOfRun, say, waiting } from './failovers.ts';
import type { Begun } from './killing.ts';
import { openPlaces, type Places } from './places.ts';
import { sql } from './postgres-trip.ts';
import { type Program, startProgram } from './program.ts';
import { command, failoverInput, runbook, step } from './runbooks.ts';
import { openStage, type Stage } from './stage.ts';

/** One worker in a process of its own that is killed with a failover in its hands for each kind of step. */
export type KilledFailovers = {
  stage: Stage;
  /** What hangs goes on once this file is gone. */
  release(): Promise<void>;
  /** Shell code that waits for that. */
  held: string;
  lines(): Promise<string[]>;
  /** A shell command that writes a line. */
  writes(line: string): string;
  start(name: string, steps: ResolvedStep[]): Promise<Failover>;
  target(server: ReplicatedServer, name: string, more?: Partial<PostgresTarget>): Promise<PostgresTarget>;
  /** Stopped when the scene is closed. */
  keep<T extends { stop(): Promise<unknown> }>(server: T): T;
  pair(settings?: Record<string, string>): Promise<{ primary: ReplicatedServer; standby: StandbyServer }>;
  /** @param days by which the clock of the worker is wrong */
  startWorker(days?: number): Promise<void>;
  kill(): Promise<void>;
  close(): Promise<void>;
};

export async function openKilledFailovers(): Promise<KilledFailovers> {
  const [stage, places, open] = await Promise.all([openStage([]), openPlaces(), openDirectory()]);
  const [log, hold] = [join(stage.lab.directory, 'steps'), join(open, 'hold')];
  const held = `while test -e ${hold}; do sleep 0.1; done`;
  await Promise.all([writeFile(log, ''), writeFile(hold, '')]);
  const stops: (() => Promise<unknown>)[] = [];
  let worker: Program | undefined;
  const keep: KilledFailovers['keep'] = (server) => {
    stops.push(() => server.stop());
    return server;
  };
  return {
    stage,
    held,
    release: () => rm(hold),
    lines: async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== ''),
    writes: (line) => `echo ${line} >> ${log}`,
    start: (name, steps) =>
      stage.orchestra.client.workflow.start<Workflows['failover']>(workflowTypes.failover, {
        workflowId: `failover/${name}`,
        taskQueue: taskQueueOf('ams'),
        args: [failoverInput(runbook(steps, { name, lost: [] }), { person: 'dba-1' })],
      }),
    target: async (server, name, more = {}) => {
      // The worker is another process: its password is in a file.
      const file = join(stage.lab.directory, `password-${name}`);
      await writeFile(file, server.password, { mode: 0o600 });
      const secret = { password: { file } };
      const replication = { user: server.replication.user, ...secret };
      return targetOn(server, name, 'ams', { ...secret, replication, ...more });
    },
    keep,
    pair: async (settings = {}) => {
      const primary = keep(await startPrimary({ major: 15 }));
      await sql(primary, 'postgres', 'create database shop');
      await sql(primary, 'shop', 'create table orders as select generate_series(1, 1000) as id');
      const standby = await startStandby(primary, settings);
      return { primary, standby: keep(standby) };
    },
    startWorker: async (days = 0) => {
      worker = startProgram(['worker', '--zone', 'ams', '--concurrency', '32'], {
        TEMPORAL_ADDRESS: stage.orchestra.temporal.address,
        HOLDFAST_POSTGRES_BIN: await slowTools(open, held),
        ...places.environment,
        ...(days === 0 ? {} : { NODE_OPTIONS: clockOff(days) }),
      });
      await worker.saying('Working');
    },
    kill: async () => {
      await worker?.kill();
    },
    close: async () => {
      await worker?.kill();
      await Promise.all(stops.reverse().map((stop) => stop()));
      await closePlaces(stage, places, open);
    },
  };
}

async function closePlaces(stage: Stage, places: Places, open: string): Promise<void> {
  await Promise.all([stage.close(), places.close(), rm(open, { recursive: true, force: true })]);
}

/** A server's own user may pass through. */
async function openDirectory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'hf-open-'));
  await chmod(made, 0o755);
  return made;
}

const bin = '/usr/lib/postgresql/15/bin';

/** PostgreSQL's programs, of which two do their work and then do not come to an end for a while. */
async function slowTools(open: string, held: string): Promise<string> {
  const directory = await mkdtemp(join(open, 'bin-'));
  await chmod(directory, 0o755);
  for (const name of await readdir(bin)) await symlink(join(bin, name), join(directory, name));
  for (const name of ['pg_rewind', 'pg_basebackup']) {
    await rm(join(directory, name));
    const refused = 'test -e "$(echo "$1" | cut -d= -f2).never-rewound" && exit 1';
    const worked = `${bin}/${name} "$@" || exit\ncase "$*" in *--dry-run*) exit;; esac`;
    await writeFile(join(directory, name), `#!/bin/sh\n${refused}\n${worked}\n${held}\n`, { mode: 0o755 });
  }
  return directory;
}

/** Options of Node by which a process believes that it is another day. */
function clockOff(days: number): string {
  const shift = `const D = Date, by = ${days * 86_400_000};
    globalThis.Date = class Date extends D {
      constructor(...given) { given.length === 0 ? super(D.now() + by) : super(...given); }
      static now() { return D.now() + by; }
    };`;
  return `--import=data:text/javascript,${encodeURIComponent(shift)}`;
}

/** A run at its end, whose times have nothing of a worker's clock. */
async function endOf(run: Failover) {
  const result = await run.result();
  const { steps, events } = await progressOfRun(run);
  const times = events.map(({ at }) => at);
  expect(times).toEqual(times.toSorted());
  for (const { startedAt, endedAt } of steps)
    if (startedAt !== null && endedAt !== null)
      expect((Date.parse(endedAt) - Date.parse(startedAt)) / 3600_000).toBeLessThan(1);
  return { ...result, steps, events };
}

const rowsOf = async (server: ReplicatedServer) =>
  (await sql(server, 'shop', 'select count(*)::int as n from orders'))[0];
const caughtUp = (standby: ReplicatedServer, n: number) =>
  eventually(async () => expect(await rowsOf(standby)).toEqual({ n }), 30);

/** A run that hangs, and what happens while no worker is there. */
export type Hanging = Begun & { killed?: () => Promise<void> };

export const failoverCases: Record<string, (scene: KilledFailovers) => Promise<Hanging>> = {
  'a command': async (scene) => {
    const did = join(scene.stage.lab.directory, 'promote-done');
    const once = `test -e ${did} || ${scene.writes('did')}; touch ${did}`;
    const run = await scene.start('command', [
      step('halt', { do: 'approve' }),
      command('promote', ['sh', '-c', `${scene.writes('try')}; ${scene.held}; ${once}`], {
        needs: ['halt'],
        timeout: 300,
      }),
      step('end', { do: 'manual' }, { needs: ['promote'] }),
    ]);
    const { step: asked } = await waiting(run, 'halt', 'approval');
    await say(run, 'approve', { by: 'ops-1', step: 'halt', hash: asked.hash ?? '' });
    return {
      hung: counted(async () => (await scene.lines()).includes('try')),
      // What people say while nobody is there is kept.
      killed: () => run.signal('note', { by: 'intern-1', text: 'the worker is gone' }),
      finished: async () => {
        await waiting(run, 'end', 'deed');
        await say(run, 'complete', { by: 'ops-1', step: 'end', evidence: 'x' });
        const { steps, events } = await endOf(run);
        expect(steps.map(({ state }) => state)).toEqual(['passed', 'passed', 'passed']);
        expect(await scene.lines()).toEqual(['try', 'try', 'did']);
        expect(steps[0]?.approvals).toHaveLength(1);
        expect(events.map(({ sentence }) => sentence)).toContain('intern-1 notes: the worker is gone');
      },
    };
  },

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

  'a change of a name, for which it waits': async (scene) => {
    const bind = scene.keep(await startBind({ records: ['shop 40 IN A 192.0.2.1'] }));
    const resolver = scene.keep(await startBindResolver(bind));
    const [dns, before] = [await dnsStep(scene, bind, resolver.port), await bind.serial()];
    const run = await scene.start('dns', [dns, step('halt', { do: 'manual' }, { needs: ['dns'] })]);
    return {
      // Its look has asked the resolver, which keeps the old answer for 40 seconds: the step waits for it.
      hung: counted(async () => (await bind.serial()) === before + 1),
      finished: async () => {
        await waiting(run, 'halt', 'deed');
        expect(await bind.serial()).toBe(before + 1);
        await say(run, 'abort', { by: 'commander-1', reason: 'the site is back' });
        const { result, undone, steps } = await endOf(run);
        expect({ result, undone }).toEqual({ result: 'aborted', undone: [expect.stringContaining('dns: ')] });
        expect(steps[0]?.results).toContainEqual({ name: 'value before', value: '192.0.2.1' });
        expect(steps[0]?.sentences.join(' ')).toContain('was so already');
        expect(await bind.lookUp('shop.example.org', 'A')).toEqual(['192.0.2.1']);
        expect(await bind.serial()).toBe(before + 2);
      },
    };
  },

  'a check of a service that does not answer well yet': async (scene) => {
    let [asked, well] = [0, false];
    const port = await freePort();
    const server = createServer((_, answer) => {
      asked += 1;
      answer.writeHead(well ? 200 : 503).end();
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
    scene.keep({ stop: async () => server.close() });
    const url = `http://127.0.0.1:${port}/health`;
    const check = { do: 'http.check', url, status: 200, within: 300 } as const;
    const run = await scene.start('http', [step('verify', check, { timeout: 300 })]);
    return {
      // Once by its look.
      hung: counted(async () => asked > 2),
      finished: async () => {
        well = true;
        expect((await endOf(run)).steps).toMatchObject([{ state: 'passed', attempts: 1 }]);
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

/** Whether it hangs now, as often as it was asked and was so. */
function counted(looks: () => Promise<boolean>): () => number {
  let found = 0;
  const look = () =>
    looks().then(
      (well) => {
        found += well ? 1 : 0;
      },
      () => undefined,
    );
  return () => {
    if (found === 0) void look();
    return found;
  };
}

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

async function dnsStep(scene: KilledFailovers, bind: BindServer, resolver: number): Promise<ResolvedStep> {
  const secret = join(scene.stage.lab.directory, 'tsig');
  await writeFile(secret, bind.key.secret);
  const { host, port, domain, key } = bind;
  const server = {
    ...{ name: 'dns', zone: 'ams', host, port, domain, resolvers: [`127.0.0.1:${resolver}`] },
    tsig: { key: key.key, algorithm: key.algorithm, secret: { file: secret } },
  };
  const of = { server, record: 'shop.example.org', type: 'A' } as const;
  return step('dns', { do: 'dns.update', of, value: '198.51.100.7', ttl: 30 }, { timeout: 120 });
}
