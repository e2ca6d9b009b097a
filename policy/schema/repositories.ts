import { z } from 'zod';
import { absolutePath, duration, line, named, reference, size, strict, unknownKind } from './common.ts';
import { attachment, checkAttachment } from './manual.ts';
import { secret } from './secret.ts';
import { carriesPassword } from './url.ts';

const medium = z.enum(['disk', 'object', 'tape']);

const filesystem = strict({
  kind: z.literal('filesystem').describe('A directory on a mounted disk.'),
  path: absolutePath.describe('The directory, as the workers of its zone see it. It must exist.'),
  zone: reference.describe('The zone whose workers reach it; its region and site count for this repository.'),
  medium: medium.default('disk').describe('What the copies lie on, for the rule of two media.'),
  keepFree: size
    .prefault('1GiB')
    .describe('A backup is refused when less than this would stay free, e.g. 10GiB. Default 1GiB.'),
  ...attachment,
})
  .superRefine(checkAttachment)
  .describe('Copies in a directory.');

const lockMode = z.enum(['compliance', 'governance']);

const lock = z
  .union(
    [
      lockMode,
      strict({
        mode: lockMode.describe('`compliance` binds everybody; `governance` lets the privileged shorten it.'),
        for: duration(1).describe("How long a copy can't be deleted, e.g. 30d."),
      }),
    ],
    { error: 'this is no lock; write compliance, governance or { mode: compliance, for: 30d }' },
  )
  .describe(
    "Object lock: copies can't be deleted before it ends. A mode alone locks for as long as dailies (or all, with `flat`) are kept, else 30d; an audit log for as long as the longest retention, at least a year.",
  );

const encryption = z
  .union([z.literal('sse-s3'), strict({ kms: line.describe('Id or ARN of the KMS key.') })], {
    error: 'this is no encryption; write sse-s3 or { kms: KEY_ID }',
  })
  .describe("The service's own encryption at rest, besides that of the plan's key.");

const endpoint = z
  .string()
  .refine((text) => !carriesPassword(text), {
    error: 'a user or password is in this URL; take it out and use `credentials`',
    abort: true,
  })
  .refine(isPlainUrl, { error: 'this is no address of a service; write one like https://s3.example.org' })
  .transform((text) => text.replace(/\/$/, ''));

/** As the service calls it; services other than Amazon's have classes of their own. */
export const storageClass = z
  .string()
  .regex(/^[A-Z0-9_]{1,64}$/, { error: "this can't be a storage class; write one like STANDARD_IA" });

const prefixForm =
  "this can't be a prefix; write plain words with single slashes between them, like holdfast/shop";

const s3 = strict({
  kind: z.literal('s3').describe('A bucket of Amazon S3 or a service like it.'),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
      error: "this can't be a bucket; its name has 3 to 63 small letters, digits, dots and dashes",
    })
    .describe('The bucket. It must exist.'),
  prefix: z
    .string()
    .regex(/^(?!(?:.*\/)?\.{1,2}(?:\/|$))[A-Za-z0-9!_.*'()-]+(\/[A-Za-z0-9!_.*'()-]+)*$/, {
      error: prefixForm,
    })
    .max(300, { error: 'this prefix is too long; at most 300 letters' })
    .optional()
    .describe('Puts everything below this key prefix; without a slash at either end.'),
  region: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,63}$/, { error: "this can't be a region; write one like eu-central-1" })
    .describe(
      'The region as the service calls it, e.g. eu-central-1. (The zone says where the law sees it.)',
    ),
  endpoint: endpoint.optional().describe('Address of an S3-compatible service; absent for Amazon.'),
  pathStyle: z
    .boolean()
    .optional()
    .describe('Bucket in the path instead of the host name. Default: true when `endpoint` is set.'),
  zone: reference.describe('The zone near it; its region and site count for this repository.'),
  medium: medium.default('object').describe('What the copies lie on, for the rule of two media.'),
  storageClass: storageClass.optional().describe('Storage class of new copies, e.g. STANDARD_IA.'),
  encryption: encryption.optional(),
  lock: lock.optional(),
  credentials: secret
    .optional()
    .describe(
      "Where workers find the credentials: { env: PREFIX } reads PREFIX_ACCESS_KEY_ID and PREFIX_SECRET_ACCESS_KEY, { file } an AWS credentials file, { command } a credential process. Absent: the AWS SDK's own chain.",
    ),
  deleteCredentials: secret
    .optional()
    .describe(
      'Where workers find the credentials that may delete: used for expiry and approved deletions alone, so that `credentials` need no right to. Absent: `credentials`.',
    ),
  checksums: z
    .enum(['when-required', 'when-supported'])
    .optional()
    .describe(
      'Whether to send CRC checksums; many S3-compatible services refuse them. Default: when-required with an `endpoint`, else when-supported.',
    ),
  caFile: absolutePath.optional().describe('Certificates (PEM) to trust for the endpoint, on the workers.'),
  ...attachment,
})
  .superRefine(checkAttachment)
  .describe('Copies in a bucket.');

const kinds = ['filesystem', 's3'];

export const repositories = named(
  z.discriminatedUnion('kind', [filesystem, s3], {
    error: (issue) =>
      issue.code === 'invalid_union' ? unknownKind('repository', kinds, issue.input) : undefined,
  }),
).describe('Places for copies, by name.');

function isPlainUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  return url.search === '' && url.hash === '' && !text.includes('?') && !text.includes('#');
}
