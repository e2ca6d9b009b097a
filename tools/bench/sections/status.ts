import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { ResolvedPolicy } from '../../../policy/resolved.ts';
import { run } from '../../../process/index.ts';
import { directoryOf, markRepository, openStore } from '../../../repository/index.ts';
import { attributesOf, backupWorkflowId, inParallel, typedAttributes } from '../../../schedules/index.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../../workflows/contract.ts';
import { type Lab, labBucket, labSource, openLab, s3Environment } from '../../lab/lab.ts';
import { type S3Server, startVersitygw } from '../../servers/index.ts';
import type { StatusFact } from '../facts.ts';
import { timed } from '../measure.ts';
import { bucket, type Place } from '../place.ts';
import { startWorker } from '../worker.ts';

const program = join(import.meta.dirname, '..', '..', '..', 'cli', 'main.js');
const prefix = 'status';
const startedAtOnce = 32;

/** What lies beside each other of one backup, as small as it gets: a status looks at names and sizes alone. */
const files = [
  'data-0a1b2c.dump.zst.gpg',
  'globals-0a1b2c.sql.zst.gpg',
  'fingerprint-0a1b2c.json.zst.gpg',
  'RESTORE.md',
  'manifest.json.sig',
  'manifest.json',
];

const document = z.object({
  plans: z.array(
    z.object({ copies: z.object({ good: z.number() }), places: z.array(z.object({ count: z.number() })) }),
  ),
  requests: z.number(),
});

/**
 * `holdfast status` of so many plans, each with its own source and one backup a day in a bucket, in a process of its own,
 * asking a worker that has just started.
 */
export async function measureStatus(
  place: Place,
  counts: { plans: number; backups: number },
  runs: number,
): Promise<StatusFact> {
  const lab = await openLab();
  const data = await inMemory();
  const s3 = await startVersitygw({ directory: data, buckets: [{ name: bucket }] });
  const environment = { ...place.workerEnvironment, ...keysOf(s3) };
  const before = { ...process.env };
  try {
    const policy = await usePolicy(lab, place, s3, counts.plans);
    await layBackups(place, join(data, 'objects'), policy, counts.backups);
    const command = (...args: string[]) => {
      const spec = { command: program, args: ['--policy', lab.policyFile, ...args], env: environment };
      return run(spec, { signal: place.signal, okExitCodes: [0, 3] });
    };
    // The Schedules of sections before it are of the same organization.
    await laySchedules(place, environment, policy, () => command('apply', '--yes', '--allow-delete'));
    const objects = counts.plans * counts.backups * files.length;
    const fact: StatusFact = { ...counts, objects, cold: [], again: 0, requests: 0 };
    for (let count = 1; count <= runs; count += 1) {
      const worker = await startWorker('fra', environment);
      try {
        fact.cold.push((await timed(() => command('status'))).seconds);
        const { seconds, result } = await timed(() => command('status', '--json'));
        fact.again = seconds;
        fact.requests = checked(result.stdout, counts);
      } finally {
        await worker.stop();
      }
    }
    return fact;
  } finally {
    Object.assign(process.env, before);
    await s3.stop();
    await rm(data, { recursive: true, force: true });
    await lab.close();
  }
}

async function usePolicy(lab: Lab, place: Place, s3: S3Server, plans: number): Promise<ResolvedPolicy> {
  const source = await labSource(lab, place.postgres, 'empty');
  const names = Array.from({ length: plans }, (_, index) => `plan-${String(index).padStart(5, '0')}`);
  const { policy } = await lab.usePolicy({
    repositories: { many: labBucket(s3, bucket, { zone: 'fra', prefix }) },
    checks: { health: { schedule: { cron: '*/5 * * * *', paused: true } } },
    sources: Object.fromEntries(names.map((name) => [name, source])),
    plans: Object.fromEntries(names.map((name, index) => [name, planOf(name, index)])),
  });
  return policy;
}

/** A directory for the S3 server's files: a disk's caches would be measured with them. */
const inMemory = (): Promise<string> =>
  mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'hf-status-'));

const keysOf = ({ writer }: S3Server): Record<string, string> => ({
  [`${s3Environment}_ACCESS_KEY_ID`]: writer.accessKeyId,
  [`${s3Environment}_SECRET_ACCESS_KEY`]: writer.secretAccessKey,
});

/** At many different times; paused, so that none fires while we measure. */
function planOf(source: string, index: number) {
  const cron = `${index % 60} ${index % 24} * * *`;
  return { source, schedule: { cron, paused: true }, key: 'databases', copies: ['many'] };
}

/**
 * The backups as files below the directory of the S3 server, which it lists as its objects: a third of a million uploads
 * would take longer than all that is measured.
 */
async function layBackups(
  place: Place,
  objects: string,
  policy: ResolvedPolicy,
  backups: number,
): Promise<void> {
  for (const repository of Object.values(policy.repositories)) {
    const store = await openStore(repository);
    await markRepository(store, policy, place.signal).finally(() => store.close());
  }
  const today = Date.now();
  for (const source of Object.keys(policy.sources)) {
    place.signal.throwIfAborted();
    for (let day = 1; day <= backups; day += 1) {
      const date = new Date(today - day * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
      const backupId = `${date}T020000Z-${String(day).padStart(8, '0')}`;
      const directory = join(objects, bucket, prefix, directoryOf({ source, backupId }));
      await mkdir(directory, { recursive: true });
      for (const file of files) await writeFile(join(directory, file), file);
    }
  }
}

/** The plans' Schedules, and one ended run of each: a short one that carries the attributes of a backup. */
async function laySchedules(
  { client }: Pick<Place, 'client'>,
  environment: Record<string, string>,
  policy: ResolvedPolicy,
  apply: () => Promise<unknown>,
): Promise<void> {
  const worker = await startWorker('fra', environment);
  try {
    await apply();
    await inParallel(Object.values(policy.plans), startedAtOnce, (plan) =>
      client.workflow.execute<Workflows['catalogue']>(workflowTypes.catalogue, {
        workflowId: `${backupWorkflowId(plan.name)}-bench`,
        taskQueue: taskQueueOf('fra'),
        typedSearchAttributes: typedAttributes(attributesOf(plan, workflowTypes.backup)),
        args: [{ repositories: [], signers: [], filter: {}, limit: 1 }],
      }),
    );
  } finally {
    await worker.stop();
  }
}

/** How many requests it took. @throws Error where it has not seen every backup */
function checked(text: string, { plans, backups }: { plans: number; backups: number }): number {
  const told = document.parse(JSON.parse(text));
  const whole = told.plans.filter(
    ({ copies, places }) => copies.good === 1 && places.every(({ count }) => count === backups),
  );
  if (whole.length !== plans) {
    const other = told.plans.find((plan) => !whole.includes(plan));
    throw new Error(
      `status has seen ${whole.length} of ${plans} plans whole, and one of them so: ${JSON.stringify(other)}`,
    );
  }
  return told.requests;
}
