import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { packSurvey, unpackSurvey } from '../../../activities/retention-pack.ts';
import type { RetainedBackup } from '../../../retention/index.ts';
import { madeUpHistory } from '../../../tools/lab/retention-history.ts';
import { anyHistory, backupAt, copyIn } from './histories.ts';

const repositories = ['local', 'offsite', 'vault'];

const byId = (a: RetainedBackup, b: RetainedBackup) => (a.backupId < b.backupId ? -1 : 1);

describe('a packed survey', () => {
  it('gives back what was packed', () => {
    fc.assert(
      fc.property(anyHistory, (backups) => {
        const inOrder = backups.map((backup) => ({
          ...backup,
          copies: repositories.flatMap((name) =>
            backup.copies.filter(({ repository }) => repository === name),
          ),
        }));
        expect(unpackSurvey(packSurvey({ repositories, backups: inOrder }))).toEqual({
          repositories,
          backups: inOrder.sort(byId),
        });
      }),
      { numRuns: 300 },
    );
  });

  it('keeps sizes to four millionths, and small ones to the byte', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        const backups = [backupAt('2026-11-22T01:00:00Z', { copies: [copyIn('local', { bytes })] })];
        const [packed] = unpackSurvey(packSurvey({ repositories, backups })).backups;
        const difference = Math.abs((packed?.copies[0]?.bytes ?? 0) - bytes);
        expect(difference).toBeLessThanOrEqual(bytes < 2 ** 18 ? 0 : bytes * 4e-6);
      }),
      { numRuns: 1000 },
    );
  });

  it('names what it needs also where that is not there', () => {
    const needs = ['20200101T000000Z-0a1b2c3d'];
    const backups = [backupAt('2026-11-22T01:00:00Z', { needs })];
    expect(unpackSurvey(packSurvey({ repositories, backups })).backups[0]?.needs).toEqual(needs);
  });

  it('takes 100,000 backups in two repositories in one message of Temporal, and refuses what does not fit', () => {
    const history = (count: number) => madeUpHistory(count, '2026-11-22T02:00:00.000Z');
    expect(packSurvey({ repositories, backups: history(100_000) }).length).toBeLessThan(1_500_000);
    expect(() => packSurvey({ repositories, backups: history(250_000) })).toThrow(
      '250000 backups of one source are more than one run of retention can weigh.',
    );
  });
});
