import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { ResolvedPolicy } from '../../../policy/resolved.ts';
import { run } from '../../../process/index.ts';
import { keyOf, markRepository, openStore } from '../../../repository/index.ts';
import { attributesOf, backupWorkflowId, inParallel, typedAttributes } from '../../../schedules/index.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../../workflows/contract.ts';
import { labBucket, labSource, openLab } from '../../lab/lab.ts';
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
  try {
    const source = await labSource(lab, place.postgres, 'empty');
    const names = Array.from(
      { length: counts.plans },
      (_, index) => `plan-${String(index).padStart(5, '0')}`,
    );
    const { policy } = await lab.usePolicy({
      repositories: { many: labBucket(place.s3, bucket, { zone: 'fra', prefix }) },
      checks: { health: { schedule: { cron: '*/5 * * * *', paused: true } } },
      sources: Object.fromEntries(names.map((name) => [name, source])),
      plans: Object.fromEntries(names.map((name, index) => [name, planOf(name, index)])),
    });
    await layBackups(place, lab.directory, policy, counts.backups);
    const command = (...args: string[]) => {
      const spec = {
        command: program,
        args: ['--policy', lab.policyFile, ...args],
        env: place.workerEnvironment,
      };
      return run(spec, { signal: place.signal, okExitCodes: [0, 3] });
    };
    // The Schedules of sections before it are of the same organization.
    await laySchedules(place, policy, () => command('apply', '--yes', '--allow-delete'));
    const fact: StatusFact = {
      ...counts,
      objects: counts.plans * counts.backups * files.length,
      cold: [],
      again: 0,
      requests: 0,
    };
    for (let count = 1; count <= runs; count += 1) {
      const worker = await startWorker('fra', place.workerEnvironment);
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
    await lab.close();
  }
}

/** At many different times; paused, so that none fires while we measure. */
function planOf(source: string, index: number) {
  const cron = `${index % 60} ${index % 24} * * *`;
  return { source, schedule: { cron, paused: true }, key: 'databases', copies: ['many'] };
}

/**
 * Backups of one source are put into the bucket, with all that lies beside them; those of the others are the same under
 * other names. They are made of the server's own records of the first: a third of a million uploads would take longer
 * than all that is measured.
 */
async function layBackups(
  place: Place,
  directory: string,
  policy: ResolvedPolicy,
  backups: number,
): Promise<void> {
  for (const repository of Object.values(policy.repositories)) {
    const store = await openStore(repository);
    await markRepository(store, policy, place.signal).finally(() => store.close());
  }
  const [first = '', ...others] = Object.keys(policy.sources);
  await putBackups(place, first, backups);
  const [saved, multiplied] = [join(directory, 'one.meta'), join(directory, 'many.meta')];
  await place.s3.shell(`fs.meta.save -o ${saved} /buckets/${bucket}/${prefix}/${first}`);
  const records = await readFile(saved);
  await writeFile(multiplied, Buffer.concat(others.map((name) => renamed(records, first, name))));
  await place.s3.shell(`fs.meta.load -v=false -concurrency=1 ${multiplied}`);
}

async function putBackups({ s3, signal }: Place, source: string, backups: number): Promise<void> {
  const client = new S3Client({
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: s3.writer,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const today = Date.now();
  for (let day = 1; day <= backups; day += 1) {
    signal.throwIfAborted();
    const date = new Date(today - day * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
    const backupId = `${date}T020000Z-${String(day).padStart(8, '0')}`;
    for (const file of files) {
      const Key = `${prefix}/${keyOf({ source, backupId }, file)}`;
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: file }));
    }
  }
  client.destroy();
}

/** Records with another name, as long as the one that it takes the place of: nothing else in them changes. */
function renamed(records: Buffer, from: string, to: string): Buffer {
  const copy = Buffer.from(records);
  for (let at = copy.indexOf(from); at >= 0; at = copy.indexOf(from, at)) copy.write(to, at);
  return copy;
}

/** The plans' Schedules, and one ended run of each: a short one that carries the attributes of a backup. */
async function laySchedules(
  place: Place,
  policy: ResolvedPolicy,
  apply: () => Promise<unknown>,
): Promise<void> {
  const worker = await startWorker('fra', place.workerEnvironment);
  try {
    await apply();
    await inParallel(Object.values(policy.plans), startedAtOnce, (plan) =>
      place.client.workflow.execute<Workflows['catalogue']>(workflowTypes.catalogue, {
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
