import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SurveyedProofs } from '../../../workflows/contract-restore-test.ts';
import { refreshCandidates } from '../../../workflows/refresh-decision.ts';

type Backup = SurveyedProofs['backups'][number];

const idOf = (day: number) => `202611${String(day).padStart(2, '0')}T010000Z-0000000${day % 10}`;
const noonOf = (day: number) => `2026-11-${String(day).padStart(2, '0')}T12:00:00.000Z`;

/** The backup of a day of November 2026. */
const madeOn = (day: number, changes: Partial<Backup> = {}): Backup => ({
  backupId: idOf(day),
  startedAt: noonOf(day).replace('T12', 'T01'),
  committed: true,
  deleting: false,
  provenAt: null,
  ...changes,
});

const aDay = 86_400;

/** On 21 November at noon, with a limit in days. */
const ask = (repositories: Record<string, Backup[]>, days = 7) =>
  refreshCandidates({
    surveys: Object.entries(repositories).map(([repository, backups]) => ({
      repository,
      backups,
      left: 0,
      provenAt: null,
    })),
    now: noonOf(21),
    provenWithin: days * aDay,
  });

describe('the backup of a refresh', () => {
  it('is the newest proven one, before newer ones that were never proven', () => {
    const proven = madeOn(18, { provenAt: noonOf(19) });
    const { candidates, passedOver } = ask({
      near: [madeOn(17, { provenAt: noonOf(20) }), proven, madeOn(19), madeOn(20)],
    });
    expect(candidates.map(({ backupId }) => backupId)).toEqual([18, 17, 20, 19].map(idOf));
    expect(candidates[0]?.why).toBe(
      `${idOf(18)} is the newest that a restore test has proven, at ${noonOf(19)}, and 2 newer were never proven.`,
    );
    expect(passedOver).toEqual([]);
  });

  it('is the newest where none within the limit was proven', () => {
    const { candidates } = ask({ near: [madeOn(13, { provenAt: noonOf(20) }), madeOn(20)] });
    expect(candidates[0]).toEqual({
      backupId: idOf(20),
      repositories: ['near'],
      why: `${idOf(20)} is the newest, and was never proven: no backup of the last 7d was.`,
    });
  });

  it('is the newest where the policy sets no time for proven ones', () => {
    const { candidates } = ask({ near: [madeOn(20, { provenAt: noonOf(20) }), madeOn(21)] }, 0);
    expect(candidates.map(({ why }) => why)).toEqual([
      `${idOf(21)} is the newest, and was never proven.`,
      `${idOf(20)} is the newest, and was proven at ${noonOf(20)}.`,
    ]);
  });

  it('is none whose newest test failed, and that is said of those that are newer', () => {
    const { candidates, passedOver } = ask({
      near: [
        madeOn(18, { failedAt: noonOf(18) }),
        madeOn(19),
        madeOn(20, { provenAt: noonOf(20), failedAt: noonOf(21) }),
      ],
    });
    expect(candidates.map(({ backupId }) => backupId)).toEqual([idOf(19)]);
    expect(passedOver).toEqual([`${idOf(20)} is passed over: its restore test of ${noonOf(21)} failed.`]);
  });

  it('is none that failed in one repository, while the other copy was proven before or never', () => {
    const bad = madeOn(20, { failedAt: noonOf(20) });
    for (const other of [madeOn(20), madeOn(20, { provenAt: noonOf(19) })])
      expect(ask({ near: [bad], far: [other] }).candidates).toEqual([]);
  });

  it('may be one whose other copy was proven since, from that copy alone', () => {
    const { candidates } = ask({
      near: [madeOn(20, { failedAt: noonOf(20) })],
      far: [madeOn(20, { provenAt: noonOf(21) })],
    });
    expect(candidates).toMatchObject([{ backupId: idOf(20), repositories: ['far'] }]);
  });

  it('is no debris, and none that is being removed', () => {
    const { candidates } = ask({
      near: [madeOn(19, { deleting: true, provenAt: noonOf(20) }), madeOn(20, { committed: false })],
    });
    expect(candidates).toEqual([]);
  });

  it('is proven when any within the limit is, whatever else there is', () => {
    const day = fc.integer({ min: 1, max: 21 });
    const backup = fc.record({ day, provenOn: fc.option(day), failedOn: fc.option(day) });
    fc.assert(
      fc.property(fc.array(backup), fc.array(backup), (near, far) => {
        const made = (list: typeof near) =>
          list.map(({ day: on, provenOn, failedOn }) =>
            madeOn(on, {
              provenAt: provenOn === null ? null : noonOf(provenOn),
              ...(failedOn === null || (provenOn ?? 0) >= failedOn ? {} : { failedAt: noonOf(failedOn) }),
            }),
          );
        const surveys = { near: made(near), far: made(far) };
        const { candidates } = ask(surveys);
        const all = [...surveys.near, ...surveys.far];
        const newest = (of: 'provenAt' | 'failedAt', id: string) =>
          all.reduce((best, each) => {
            const at = each.backupId === id ? (each[of] ?? '') : '';
            return at > best ? at : best;
          }, '');
        for (const { backupId, repositories } of candidates) {
          expect(newest('provenAt', backupId) >= newest('failedAt', backupId)).toBe(true);
          expect(repositories).not.toEqual([]);
        }
        const proven = candidates.filter(
          ({ backupId }) => backupId >= idOf(15) && newest('provenAt', backupId) !== '',
        );
        if (proven.length > 0) expect(candidates[0]?.backupId).toBe(proven[0]?.backupId);
      }),
    );
  });
});
