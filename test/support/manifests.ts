import { createHash } from 'node:crypto';
import type { Manifest } from '../../repository/manifest.ts';

/** A manifest as a plan of a shop would write it, with the given differences. */
export function manifestOf(differences: Partial<Manifest> = {}): Manifest {
  return {
    format: 'holdfast-manifest/1',
    organization: 'Example BV',
    plan: 'shop-daily',
    source: 'shop',
    kind: 'postgres',
    backupId: '20261121T010000Z-1a2b3c4d',
    workflowId: 'backup/shop-daily-2026-11-21T01:00:00Z',
    runId: '0197a1b2-0000-7000-8000-00001a2b3c4d',
    policyHash: 'a'.repeat(64),
    startedAt: '2026-11-21T01:00:00Z',
    endedAt: '2026-11-21T01:02:03Z',
    dataTime: '2026-11-21T01:00:01Z',
    key: 'databases',
    server: '15.8',
    tools: { pg_dump: '15.8', zstd: '1.5.4', gpg: '2.2.40' },
    files: [
      {
        name: 'data-0a1b2c.dump.zst.gpg',
        role: 'data',
        stages: ['pg_dump-custom', 'zstd', 'gpg'],
        rawBytes: 100,
        bytes: 4,
        sha256: '3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7',
      },
    ],
    fingerprint: null,
    copies: ['local', 'offsite'],
    dependsOn: null,
    ...differences,
  };
}

/** The bytes of the one file of `manifestOf()`. */
export const manifestFileBytes = Buffer.from('data');

/** A manifest that names these files and what they hold. */
export function manifestHolding(files: Record<string, Uint8Array>): Manifest {
  const manifest = manifestOf();
  const named = Object.entries(files).map(([name, body]) => ({
    name,
    bytes: body.length,
    sha256: createHash('sha256').update(body).digest('hex'),
  }));
  return {
    ...manifest,
    files: manifest.files.flatMap((like) => named.map((file) => ({ ...like, ...file }))),
  };
}
