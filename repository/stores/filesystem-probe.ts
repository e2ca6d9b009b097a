import { randomBytes } from 'node:crypto';
import { sentenceOf } from '../../policy/errors.ts';
import type { FilesystemRepository } from '../../policy/resolved.ts';
import { formatBytes } from '../../policy/units.ts';
import type { ProbeFinding, Store } from '../store.ts';

/** Tries out what a directory does as a repository. Leaves nothing behind when the worker may delete. */
export async function probeFilesystem(
  store: Store,
  repository: FilesystemRepository,
  signal: AbortSignal | undefined,
): Promise<ProbeFinding[]> {
  const space = await attempt('reachable', () => spaceFinding(store, repository, signal));
  if (space.check === 'reachable') return [space];
  const findings: ProbeFinding[] = [
    { check: 'reachable', outcome: 'yes', fault: false, sentence: `${repository.path} is a directory.` },
  ];
  const key = `_probe/${randomBytes(8).toString('hex')}`;
  const body = randomBytes(64);
  const written = await attempt('writable', async () => {
    await store.putIfAbsent(key, body, signal);
    return yes('writable', 'The worker can write there.');
  });
  findings.push(written);
  if (written.fault) return [...findings, space];
  findings.push(await attempt('create-only', () => createOnlyFinding(store, key, signal)));
  findings.push(await attempt('read-back', () => readBackFinding(store, key, body, signal)));
  await store.remove(key, signal);
  findings.push({
    check: 'lock',
    outcome: 'no',
    fault: false,
    sentence:
      'A directory has no lock: whoever is root on that host can delete copies. Keep another copy in a locked bucket.',
  });
  return [...findings, space];
}

async function createOnlyFinding(
  store: Store,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ProbeFinding> {
  const outcome = await store.putIfAbsent(key, randomBytes(64), signal);
  return outcome === 'exists'
    ? yes('create-only', 'A file that exists is not replaced.')
    : {
        check: 'create-only',
        outcome: 'no',
        fault: true,
        sentence: 'A file that existed was replaced: do not keep copies there.',
      };
}

async function readBackFinding(
  store: Store,
  key: string,
  body: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<ProbeFinding> {
  const found = await store.get(key, signal);
  return found !== null && Buffer.compare(found, body) === 0
    ? yes('read-back', 'What was written reads back the same.')
    : {
        check: 'read-back',
        outcome: 'no',
        fault: true,
        sentence: 'What was written does not read back the same: check the disk.',
      };
}

async function spaceFinding(
  store: Store,
  repository: FilesystemRepository,
  signal: AbortSignal | undefined,
): Promise<ProbeFinding> {
  const free = (await store.freeBytes(signal)) ?? 0;
  const enough = free >= repository.keepFree;
  return {
    check: 'free-space',
    outcome: enough ? 'yes' : 'no',
    fault: !enough,
    sentence: `${formatBytes(free)} are free; ${formatBytes(repository.keepFree)} must stay free.`,
  };
}

function yes(check: ProbeFinding['check'], sentence: string): ProbeFinding {
  return { check, outcome: 'yes', fault: false, sentence };
}

async function attempt(
  check: ProbeFinding['check'],
  find: () => Promise<ProbeFinding>,
): Promise<ProbeFinding> {
  try {
    return await find();
  } catch (error) {
    return { check, outcome: 'no', fault: true, sentence: sentenceOf(error) };
  }
}
