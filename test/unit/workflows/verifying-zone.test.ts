import { describe, expect, it } from '@jest/globals';
import type { AuditTarget, FilesystemRepository, S3Repository } from '../../../policy/resolved.ts';
import { together, verifications, verifyingZone } from '../../../workflows/audit-log.ts';
import type { ChainVerification, VerifyAuditResult } from '../../../workflows/contract-audit.ts';

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

describe('the verifications of an audit log', () => {
  it('are one in each zone with directories, and buckets are compared once', () => {
    const [a, b, c, d] = [
      bucket('a', 'ams'),
      directory('b', 'fra'),
      directory('c', 'ams'),
      directory('d', 'fra'),
    ];
    expect(verifications(target(bucket('log', 'ams'), a, b, c, d))).toEqual([
      { zone: 'fra', witnesses: [a, b, d] },
      { zone: 'ams', witnesses: [c] },
    ]);
  });

  it('leave what nobody can compare with the first, which tells it', () => {
    const [a, b] = [directory('a', 'fra'), directory('b', 'vault')];
    expect(verifications(target(directory('log', 'ams'), a))).toEqual([{ zone: 'ams', witnesses: [a] }]);
    expect(verifications(target(bucket('log', 'ams'), a, b))).toEqual([{ zone: 'fra', witnesses: [a, b] }]);
  });
});

describe('several verifications as one', () => {
  const chain = (zone: string, broken: ChainVerification['broken'] = null): ChainVerification => ({
    zone,
    outcome: broken === null ? 'passed' : 'failed',
    entries: 3,
    heads: 3,
    last: null,
    broken,
    exceptions: [],
  });
  const found = (
    result: VerifyAuditResult['result'],
    chains: ChainVerification[],
    changes: Partial<VerifyAuditResult> = {},
  ): VerifyAuditResult => ({ result, chains, exceptions: [], unreadable: [], ...changes });

  it('have no pass where one of them found a broken link, or a chain that the others do not know', () => {
    const cut = chain('ams', { kind: 'truncation', seq: 3, sentence: 'It ends early.' });
    for (const all of [
      [found('passed', [chain('ams'), chain('fra')]), found('failed', [cut])],
      [found('failed', [cut]), found('passed', [chain('fra'), chain('ams')])],
      [found('passed', [chain('fra')]), found('failed', [cut])],
    ])
      expect(together(all)).toEqual(found('failed', [cut, chain('fra')]));
  });

  it('keep what one of them could not compare', () => {
    const unreadable = [{ repository: 'b', sentence: 'No worker of zone ams took it.' }];
    const all = [
      found('passed', [chain('fra')]),
      found('passed-with-exceptions', [], { unreadable, exceptions: ['Not all.'] }),
    ];
    expect(together(all)).toEqual(
      found('passed-with-exceptions', [chain('fra')], { unreadable, exceptions: ['Not all.'] }),
    );
  });
});
