import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { run } from '../../../process/index.ts';
import { bytesBelow, timed } from '../measure.ts';
import { bucket, type Place } from '../place.ts';
import { type Rival, toolEnvironment } from './contender.ts';

const encrypt =
  'gpg --batch --quiet --no-autostart --trust-model always --recipient backups@example.org --cipher-algo AES256';

/** A keyring that knows the lab's public key; its directory, which goes with the place. */
export async function makeKeyring(place: Place): Promise<string> {
  const home = await mkdtemp(join(place.directory, 'k-'));
  const args = ['--batch', '--quiet', '--no-autostart', '--import', place.lab.encryption.publicFile];
  await run({ command: 'gpg', args, env: { GNUPGHOME: home } });
  return home;
}

const step = async (work: () => Promise<unknown>) => (await timed(work)).seconds;

/** The same tools as Holdfast's in one pipe of a shell, to one file. */
export function pipe(place: Place, keyring: string): Rival {
  const file = join(place.directory, 'pipe.dump.zst.gpg');
  const line = `pg_dump -Fc -Z0 | zstd -3 -T0 -q -c | ${encrypt} --compress-algo none --encrypt > "$FILE"`;
  return {
    name: 'pipe',
    backUp: async (round) => {
      const time = await timed(() => shell(place, line, { FILE: file, GNUPGHOME: keyring }));
      const storedBytes = await bytesBelow(file);
      const key = `pipe/${round}`;
      // Not part of the sum: what is still missing to what Holdfast leaves behind.
      const parts = {
        'copy to S3': await step(() => copyToBucket(place, file, key)),
        'read back': await step(() =>
          Promise.all([shell(place, 'sha256sum "$FILE"', { FILE: file }), readFromBucket(place, key)]),
        ),
      };
      await rm(file);
      return { seconds: time.seconds, cpuSeconds: time.cpuSeconds, parts, storedBytes };
    },
  };
}

/** The usual script: a dump into a file, gpg with its defaults into another, and that copied into the bucket. */
export function script(place: Place, keyring: string): Rival {
  const dump = join(place.directory, 'shop.dump');
  const env = { DUMP: dump, GNUPGHOME: keyring };
  return {
    name: 'script',
    backUp: async (round) => {
      const parts: Record<string, number> = {};
      const time = await timed(async () => {
        parts.dump = await step(() => shell(place, 'pg_dump -Fc -Z9 -f "$DUMP"', env));
        parts.gpg = await step(() => shell(place, `${encrypt} --output "$DUMP.gpg" --encrypt "$DUMP"`, env));
        parts.copy = await step(() => copyToBucket(place, `${dump}.gpg`, `script/${round}`));
      });
      const storedBytes = await bytesBelow(`${dump}.gpg`);
      await rm(`${dump}.gpg`);
      const plain = `${encrypt} --compress-algo none --output "$DUMP.gpg" --encrypt "$DUMP"`;
      // Not part of the sum: what a script gains whose author knows gpg well.
      parts['gpg without compression'] = await step(() => shell(place, plain, env));
      await Promise.all([rm(`${dump}.gpg`), rm(dump)]);
      return { seconds: time.seconds, cpuSeconds: time.cpuSeconds, parts, storedBytes };
    },
  };
}

/** Runs a line of bash, with the shop's address in its environment; fails when any part of a pipe does. */
export async function shell(place: Place, line: string, env: Record<string, string> = {}): Promise<string> {
  const args = ['-c', `set -euo pipefail; ${line}`];
  const spec = { command: 'bash', args, env: { ...toolEnvironment(place), ...env } };
  return (await run(spec, { signal: place.signal })).stdout;
}

/** One PUT of the whole file by the AWS SDK. */
async function copyToBucket(place: Place, file: string, key: string): Promise<void> {
  const { size } = await stat(file);
  const input = { Bucket: bucket, Key: key, Body: createReadStream(file), ContentLength: size };
  await withBucket(place, (client, options) => client.send(new PutObjectCommand(input), options));
}

async function readFromBucket(place: Place, key: string): Promise<void> {
  await withBucket(place, async (client, options) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), options);
    if (!(Body instanceof Readable)) throw new Error('an object came without a body');
    await pipeline(Body, createHash('sha256'));
  });
}

async function withBucket(
  { s3, signal }: Place,
  work: (client: S3Client, options: { abortSignal: AbortSignal }) => Promise<unknown>,
): Promise<void> {
  const client = new S3Client({
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: s3.writer,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  try {
    await work(client, { abortSignal: signal });
  } finally {
    client.destroy();
  }
}
