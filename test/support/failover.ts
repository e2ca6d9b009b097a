import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Work } from '../../activities/work.ts';
import type { PostgresTarget } from '../../policy/resolved-failover.ts';
import type { PolicyCommand } from '../../policy/resolved-proof.ts';
import { readSecret } from '../../process/index.ts';
import type { ReplicatedServer } from '../../tools/servers/index.ts';
import type { StepRun } from '../../workflows/contract-failover-steps.ts';
import { aRun } from './steps.ts';

/** The work of an activity of a zone's worker, outside of Temporal; `dispose` removes its directory. */
export async function startStepWork(
  zone: string,
  signal = new AbortController().signal,
): Promise<Work & { dispose(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'hf-step-'));
  return {
    zone,
    directory,
    signal,
    secret: (ref) => readSecret(ref, signal),
    log: () => undefined,
    report: () => undefined,
    dispose: () => rm(directory, { recursive: true, force: true }),
  };
}

/** A run that was declared now. */
export const runOf = (changes: Partial<StepRun> = {}): StepRun =>
  aRun({ declaredAt: new Date().toISOString(), lost: [], ...changes });

export const commandOf = (...run: string[]): PolicyCommand => ({ run, timeout: 60, secrets: {} });

/** A server as a policy's target; the password comes from the environment, as in real life. */
export function targetOn(
  server: ReplicatedServer,
  name: string,
  zone: string,
  changes: Partial<PostgresTarget> = {},
): PostgresTarget {
  const password = { env: `HF_TEST_PASSWORD_${server.port}` };
  process.env[password.env] = server.password;
  return {
    kind: 'postgres',
    name,
    zone,
    host: server.host,
    port: server.port,
    user: server.superuser,
    password,
    ssl: { mode: 'prefer' },
    database: 'shop',
    directory: server.directory,
    replication: { user: server.replication.user, password },
    stop: commandOf(...server.commands.stop),
    start: commandOf(...server.commands.start),
    ...changes,
  };
}
