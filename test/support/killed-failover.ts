import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { PostgresTarget, ResolvedRunbook, ResolvedStep } from '../../policy/resolved-failover.ts';
import {
  type ReplicatedServer,
  type StandbyServer,
  startPrimary,
  startStandby,
} from '../../tools/servers/index.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../workflows/contract.ts';
import { slowKubectl } from './cluster.ts';
import { targetOn } from './failover.ts';
import { type Failover, progressOfRun } from './failovers.ts';
import type { Begun } from './killing.ts';
import { speakers } from './messages.ts';
import { openPlaces, type Places } from './places.ts';
import { sql } from './postgres-trip.ts';
import { type Program, startProgram } from './program.ts';
import { failoverInput, runbook } from './runbooks.ts';
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
  start(name: string, steps: ResolvedStep[], book?: Partial<ResolvedRunbook>): Promise<Failover>;
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
    start: (name, steps, book = {}) =>
      stage.orchestra.client.workflow.start<Workflows['failover']>(workflowTypes.failover, {
        workflowId: `failover/${name}`,
        taskQueue: taskQueueOf('ams'),
        args: [
          failoverInput(runbook(steps, { name, lost: [], ...book }), { person: 'dba-1', people: speakers }),
        ],
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
        PATH: `${await slowKubectl(open, held)}:${process.env.PATH}`,
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

/** A run that hangs, and what happens while no worker is there. */
export type Hanging = Begun & { killed?: () => Promise<void> };

/** A run at its end, whose times have nothing of a worker's clock. */
export async function endOf(run: Failover) {
  const result = await run.result();
  const { steps, events } = await progressOfRun(run);
  const times = events.map(({ at }) => at);
  expect(times).toEqual(times.toSorted());
  for (const { startedAt, endedAt } of steps)
    if (startedAt !== null && endedAt !== null) {
      const hours = (Date.parse(endedAt) - Date.parse(startedAt)) / 3600_000;
      expect(hours).toBeLessThan(1);
      // A clock that is behind would have it end before it began.
      expect(hours).toBeGreaterThanOrEqual(0);
    }
  return { ...result, steps, events };
}

/** Whether it hangs now, as often as it was asked and was so. */
export function counted(looks: () => Promise<boolean>): () => number {
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
