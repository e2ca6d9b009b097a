import { describe, expect, it } from '@jest/globals';
import type { AuditTarget, FilesystemRepository, S3Repository } from '../../../policy/resolved.ts';
import { verifyingZone } from '../../../workflows/audit-log.ts';

const place = { region: 'EU', site: 'somewhere' } as const;

const directory = (name: string, zone: string): FilesystemRepository => ({
  ...place,
  kind: 'filesystem',
  name,
  zone,
  medium: 'disk',
  path: `/${name}`,
  keepFree: 0,
});

const bucket = (name: string, zone: string): S3Repository => ({
  ...place,
  kind: 's3',
  name,
  zone,
  medium: 'object',
  bucket: name,
  prefix: '',
  awsRegion: 'eu',
  pathStyle: false,
  checksums: 'when-supported',
});

const target = (
  repository: AuditTarget['repository'],
  ...witnesses: AuditTarget['witnesses']
): AuditTarget => ({
  organization: 'Example BV',
  repository,
  witnesses,
  signingKeys: { fra: { env: 'A' }, ams: { env: 'B' } },
});

describe('the zone that verifies an audit log', () => {
  it.each([
    ['its own, without witnesses', target(bucket('log', 'ams')), 'ams'],
    ['its own, when the log is a directory', target(directory('log', 'ams'), directory('a', 'fra')), 'ams'],
    [
      'that of the directories that keep heads',
      target(bucket('log', 'ams'), bucket('b', 'ams'), directory('a', 'fra')),
      'fra',
    ],
    [
      'where most of them are',
      target(bucket('log', 'ams'), directory('a', 'fra'), directory('b', 'ams'), directory('c', 'ams')),
      'ams',
    ],
    ['none that does not write the log', target(bucket('log', 'ams'), directory('a', 'vault')), 'ams'],
  ])('is %s', (_, given, zone) => {
    expect(verifyingZone(given)).toBe(zone);
  });
});
