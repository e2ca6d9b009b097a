import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import type { ResolvedRepository } from '../../policy/resolved.ts';
import { run } from '../../process/index.ts';
import { linkOf } from '../../repository/audit/entry.ts';
import { type RecordedEvent, verifyChain } from '../../repository/audit/index.ts';
import { chainFolder, numberOf } from '../../repository/audit/layout.ts';
import { openStore } from '../../repository/index.ts';
import type { Store } from '../../repository/store.ts';
import { madeUpEvent } from '../../tools/lab/audit-chain.ts';

export const chain = { organization: 'Example BV', zone: 'fra' };

/** Events of a run that never were before. */
export function eventsOf(run: string, count: number): RecordedEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    ...madeUpEvent(index + 1),
    id: `${run}/${index + 1}`,
    at: new Date().toISOString(),
  }));
}

/** What a writer in a process of its own does: records each batch, and dies before its nth write of a key. */
export type WriterTask = {
  repository: ResolvedRepository;
  signingKey: string;
  batches: RecordedEvent[][];
  repeated?: boolean;
  /** Kills itself when so many objects have been written. */
  dieAfter?: number;
  /** Begins once so many writers are in this directory, which is empty before. */
  meet?: { directory: string; writers: number };
};

/** Runs a writer as a process of its own, from dist/, and waits for its end; whether it came to its end by itself. */
export async function runWriter(task: WriterTask): Promise<boolean> {
  const script = `
    const { recordEvents } = await import(${JSON.stringify(resolve('dist/repository/audit/index.js'))});
    const { openStore } = await import(${JSON.stringify(resolve('dist/repository/index.js'))});
    const { mkdtemp, readdir, writeFile } = await import('node:fs/promises');
    let input = '';
    for await (const chunk of process.stdin) input += chunk;
    const { repository, signingKey, batches, repeated, dieAfter, meet, chain } = JSON.parse(input);
    const store = await openStore(repository);
    let written = 0;
    const mortal = new Proxy(store, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name !== 'putIfAbsent' || dieAfter === undefined) return value.bind(target);
        return async (...args) => {
          const outcome = await value.apply(target, args);
          written += 1;
          if (written === dieAfter) process.kill(process.pid, 'SIGKILL');
          return outcome;
        };
      },
    });
    const directory = await mkdtemp(process.env.TMPDIR + '/hf-writer-');
    if (meet !== undefined) {
      await writeFile(meet.directory + '/' + process.pid, '');
      while ((await readdir(meet.directory)).length < meet.writers) await new Promise(setImmediate);
    }
    for (const events of batches)
      await recordEvents({
        store: mortal, chain, events, worker: 'fra/test/' + process.pid, repeated: repeated === true,
        witnesses: [], signingKey, directory,
      });
    process.exit(0);
  `;
  const args = ['--input-type=module', '--eval', script];
  const env = { ...credentialsOf(task.repository), TMPDIR: tmpdir() };
  try {
    const options = { stdin: JSON.stringify({ ...task, chain }), timeout: 120 };
    await run({ command: process.execPath, args, env }, options);
    return true;
  } catch (error) {
    if (task.dieAfter === undefined) throw error;
    return false;
  }
}

function credentialsOf(repository: ResolvedRepository): Record<string, string> {
  if (repository.kind !== 's3' || repository.credentials === undefined || !('env' in repository.credentials))
    return {};
  const prefix = repository.credentials.env;
  const names = [`${prefix}_ACCESS_KEY_ID`, `${prefix}_SECRET_ACCESS_KEY`];
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? '']));
}

/** The ids of the events in a chain, in its order. */
export async function idsIn(store: Store): Promise<string[]> {
  const ids: string[] = [];
  for (const { key } of await store.list(chainFolder(chain.zone))) {
    const number = numberOf(chainFolder(chain.zone), key);
    const bytes = await store.get(key);
    if (number !== null && bytes !== null) ids.push(linkOf(number, bytes).entry?.event.id ?? 'none');
  }
  return ids;
}

/** Verifies the chain in a repository and gives what was found, with the ids of its events. */
export async function inspect(repository: ResolvedRepository, publicKey: string) {
  const store = await openStore(repository);
  try {
    const signers = [{ name: 'worker-fra', publicKey }];
    const verified = await verifyChain({ store, chain, witnesses: [], signers });
    return { ...verified, ids: await idsIn(store) };
  } finally {
    store.close();
  }
}
