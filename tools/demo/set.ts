import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeEncryptionKey, makeSigningKey } from '../lab/keys.ts';
import {
  type PostgresServer,
  type ReplicatedServer,
  type S3Server,
  startPrimary,
  startSeaweedfs,
  startTemporal,
  type TemporalServer,
} from '../servers/index.ts';
import { type Chat, openChat } from './chat.ts';
import { fillDatabases } from './data.ts';
import { buckets, type Player, policyText } from './policy.ts';

/** Everything that the demo plays on: servers, keys, a policy, and a worker for each zone. */
export type DemoSet = {
  directory: string;
  policyFile: string;
  temporal: TemporalServer;
  s3: S3Server;
  primary: ReplicatedServer;
  chat: Chat;
  /** The directory that is the repository `local`. */
  local: string;
  environment: NodeJS.ProcessEnv;
  /** The command line's program. */
  program: string;
  /** The file of somebody's private SSH key. */
  keyOf(name: Player | 'worker-fra'): string;
  stop(): Promise<void>;
};

/** Starts the servers side by side and writes the policy; no worker runs yet. */
export async function buildSet(): Promise<DemoSet> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-demo-'));
  const undo: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  const stop = async () => {
    for (const step of undo.reverse()) await step();
  };
  try {
    const undone = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
      const server = await starting;
      undo.push(server.stop);
      return server;
    };
    const [chat, temporal, s3, postgres] = await Promise.all([
      undone(openChat()),
      undone(startTemporal()),
      undone(
        startSeaweedfs({
          buckets: [
            { name: buckets.backups, lock: true },
            { name: buckets.archive },
            { name: buckets.audit, lock: true },
          ],
        }),
      ),
      undone(startPrimary({ major: 15 })),
    ]);
    const { policyFile, keyOf, local } = await furnish(directory, postgres, s3, chat);
    const environment = {
      ...process.env,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      HOLDFAST_POLICY: policyFile,
      OFFSITE_ACCESS_KEY_ID: s3.writer.accessKeyId,
      OFFSITE_SECRET_ACCESS_KEY: s3.writer.secretAccessKey,
      OFFSITE_DELETE_ACCESS_KEY_ID: s3.root.accessKeyId,
      OFFSITE_DELETE_SECRET_ACCESS_KEY: s3.root.secretAccessKey,
      NODE_NO_WARNINGS: '1',
    };
    const program = join(import.meta.dirname, '..', '..', 'cli', 'main.js');
    return {
      directory,
      policyFile,
      temporal,
      s3,
      primary: postgres,
      chat,
      local,
      environment,
      program,
      keyOf,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function furnish(
  directory: string,
  postgres: PostgresServer,
  s3: S3Server,
  chat: Chat,
): Promise<Pick<DemoSet, 'policyFile' | 'keyOf' | 'local'>> {
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(directory, 'shop-password');
  const backups = join(directory, 'backups');
  const [fra, ams, erin, frank, grace, encryption] = await Promise.all([
    makeSigningKey(directory, 'worker-fra'),
    makeSigningKey(directory, 'worker-ams'),
    makeSigningKey(directory, 'erin'),
    makeSigningKey(directory, 'frank'),
    makeSigningKey(directory, 'grace'),
    makeEncryptionKey(directory, 'databases'),
    fillDatabases(postgres, password),
    mkdir(backups),
    writeFile(passwordFile, password, { mode: 0o600 }),
  ]);
  const policyFile = join(directory, 'holdfast.yaml');
  const text = policyText({
    workers: { fra, ams },
    people: { erin, frank, grace },
    publicKey: encryption.publicFile,
    privateKey: encryption.privateFile,
    directory: backups,
    s3: { endpoint: s3.endpoint, region: s3.region },
    chat: chat.url,
    postgres: { host: postgres.host, port: postgres.port, passwordFile },
  });
  await writeFile(policyFile, text);
  return { policyFile, keyOf: (name) => join(directory, name), local: backups };
}

export type DemoWorker = {
  logFile: string;
  stop(): Promise<void>;
  /** As when its site goes dark. */
  kill(): Promise<void>;
};

/** Starts a worker for a zone as its own process, as in production; its log goes to a file. */
export function startWorker(set: DemoSet, zone: string): DemoWorker {
  const logFile = join(set.directory, `worker-${zone}.log`);
  const child: ChildProcess = spawn(process.execPath, [set.program, 'worker', '--zone', zone], {
    env: set.environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr?.pipe(createWriteStream(logFile));
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    process.off('exit', kill);
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  return { logFile, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}
