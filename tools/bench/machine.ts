import { cpus, release, totalmem } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { type CommandSpec, run } from '../../process/index.ts';
import { postgresBin, toolPath } from '../servers/toolbox.ts';
import type { Machine } from './facts.ts';

/** Seconds of work of all processors since the machine started. */
export function busySeconds(): number {
  const work = cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq);
  return work.reduce((sum, each) => sum + each, 0) / 1000;
}

const watchSeconds = 3;

/** What the machine is, what takes part, and how busy other work keeps it now. No names of hosts, no paths. */
export async function describeMachine(): Promise<Machine> {
  const before = busySeconds();
  await pause(watchSeconds * 1000);
  const busyBefore = (busySeconds() - before) / (watchSeconds * cpus().length);
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memoryBytes: totalmem(),
    kernel: release(),
    versions: { 'Node.js': process.versions.node, ...(await toolVersions()) },
    busyBefore: Math.min(1, busyBefore),
  };
}

async function toolVersions(): Promise<Record<string, string>> {
  const asked: Record<string, CommandSpec> = {
    PostgreSQL: { command: `${postgresBin(15)}/postgres`, args: ['--version'] },
    zstd: { command: 'zstd', args: ['--version'] },
    GnuPG: { command: 'gpg', args: ['--version'] },
    restic: { command: 'restic', args: ['version'] },
    pgBackRest: { command: 'pgbackrest', args: ['version'] },
    'Temporal CLI': { command: toolPath('temporal'), args: ['--version'] },
    SeaweedFS: { command: toolPath('seaweedfs'), args: ['version'] },
  };
  const answers = Object.entries(asked).map(async ([name, spec]) => {
    const { stdout } = await run(spec, { timeout: 20 });
    return [name, /\d+(?:\.\d+)+/.exec(stdout)?.[0] ?? 'unknown'];
  });
  return Object.fromEntries(await Promise.all(answers));
}
