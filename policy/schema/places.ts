import { z } from 'zod';
import { duration, line, named, strict } from './common.ts';
import { secret } from './secret.ts';

export const zones = named(
  strict({
    region: line.describe('Where the law sees the data: compared with `residency`, e.g. EU.'),
    site: line.describe('Building or data centre: a copy at another site survives the loss of this one.'),
    signingKey: secret
      .optional()
      .describe(
        'Private SSH key that signs the manifests of backups made in this zone. Needed where a source is.',
      ),
  }).describe('A place with a worker and its own task queue `holdfast-<zone>`.'),
).describe('Places where workers run, by name.');

export const signers = named(
  z
    .string()
    .min(1, { error: 'this is empty; write the path of a .pub file' })
    .describe(
      'An SSH public key: a .pub file (relative to the policy) or the key itself (`ssh-ed25519 AAAA…`).',
    ),
).describe('Whose signatures count on manifests, by name.');

export const tiers = named(
  strict({
    rpo: duration(1).describe('Recovery point objective: how much data may be lost, as time, e.g. 24h.'),
    rto: duration(1).describe('Recovery time objective: how long recovery may take, e.g. 4h.'),
  }),
).describe('Recovery objectives, by name; a source names its tier.');
