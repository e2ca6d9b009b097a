import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SurveyedProofs } from '../../../workflows/contract-restore-test.ts';
import { longestGap, type PickQuestion, pickCopy } from '../../../workflows/restore-test-pick.ts';

type Backup = SurveyedProofs['backups'][number];

/** The backup of a day of November 2026. */
const madeOn = (day: number, changes: Partial<Backup> = {}): Backup => {
  const date = `202611${String(day).padStart(2, '0')}`;
  return {
    backupId: `${date}T010000Z-0000000${day % 10}`,
    startedAt: `${date.slice(0, 4)}-11-${date.slice(6)}T01:00:00.000Z`,
    committed: true,
    deleting: false,
    provenAt: null,
    ...changes,
  };
};

const inRepository = (repository: string, backups: Backup[]): SurveyedProofs => ({
  repository,
  backups,
  left: 0,
  provenAt: backups.reduce<string | null>(
    (best, { provenAt }) => (provenAt !== null && provenAt > (best ?? '') ? provenAt : best),
    null,
  ),
});

const ask = (surveys: SurveyedProofs[], changes: Partial<PickQuestion> = {}) =>
  pickCopy({
    source: 'shop',
    choice: { kind: 'latest' },
    surveys,
    now: '2026-11-21T12:00:00.000Z',
    seed: 'run-1',
    ...changes,
  });

const id = (day: number) => madeOn(day).backupId;
const week = { kind: 'random', within: { count: 7, unit: 'day' } } as const;

describe('the pick of a restore test', () => {
  it('is the newest one, from the repository whose last proof is oldest', () => {
    const near = inRepository('near', [madeOn(20), madeOn(19, { provenAt: '2026-11-19T04:00:00.000Z' })]);
    const far = inRepository('far', [madeOn(20), madeOn(18, { provenAt: '2026-11-18T04:00:00.000Z' })]);
    expect(ask([near, far])).toEqual({
      backup: { source: 'shop', backupId: id(20) },
      repositories: ['far', 'near'],
      reasons: [
        'It is the turn of far, whose last proof of 2026-11-18T04:00:00.000Z is the oldest.',
        `${id(20)} is the newest one there.`,
      ],
    });
  });

  it('is from a repository that was never proven before any other, and else in the order of the policy', () => {
    const proven = inRepository('near', [madeOn(20, { provenAt: '2026-11-20T04:00:00.000Z' })]);
    expect(ask([proven, inRepository('far', [madeOn(19)])])).toMatchObject({ repositories: ['far'] });
    expect(ask([inRepository('b', [madeOn(19)]), inRepository('a', [madeOn(19)])])).toMatchObject({
      repositories: ['b', 'a'],
    });
  });

  it('goes on only where the same backup is', () => {
    const surveys = [inRepository('near', [madeOn(20)]), inRepository('far', [madeOn(19)])];
    expect(ask(surveys)).toMatchObject({ backup: { backupId: id(20) }, repositories: ['near'] });
  });

  it('of a time is drawn from that time, by the run, and the same for everybody', () => {
    const surveys = [
      inRepository(
        'near',
        [5, 10, 15, 16, 17, 18, 19, 20].map((day) => madeOn(day)),
      ),
    ];
    const drawn = new Set<string>();
    for (let run = 0; run < 200; run += 1) {
      const question = { choice: week, seed: `run-${run}` };
      const picked = ask(surveys, question);
      expect(ask(surveys, question)).toEqual(picked);
      if ('none' in picked) throw new Error(picked.none);
      drawn.add(picked.backup.backupId);
    }
    expect([...drawn].sort()).toEqual([15, 16, 17, 18, 19, 20].map(id));
  });

  it('of the longest untested is one that was never proven, then the one proven longest ago anywhere', () => {
    const choice = { kind: 'untested' } as const;
    const near = [madeOn(18, { provenAt: '2026-11-19T00:00:00.000Z' }), madeOn(19), madeOn(20)];
    const far = [madeOn(18), madeOn(19), madeOn(20, { provenAt: '2026-11-20T04:00:00.000Z' })];
    expect(ask([inRepository('near', near), inRepository('far', far)], { choice })).toMatchObject({
      backup: { backupId: id(19) },
      repositories: ['near', 'far'],
      reasons: [expect.any(String), `${id(19)} was never proven.`],
    });
    const all = [near[0], far[2]].flatMap((each) => each ?? []);
    expect(ask([inRepository('near', all)], { choice })).toMatchObject({ backup: { backupId: id(18) } });
  });

  it('is the backup that was asked for, or none', () => {
    const surveys = [inRepository('near', [madeOn(19), madeOn(20)])];
    const choice = { kind: 'backup', backupId: id(19) } as const;
    expect(ask(surveys, { choice })).toMatchObject({ backup: { backupId: id(19) } });
    expect(ask(surveys, { choice: { ...choice, backupId: id(2) } })).toEqual({
      none: `No copy of ${id(2)} is in near.`,
    });
    expect(ask([], {})).toEqual({ none: 'No repository could be read.' });
    expect(ask([inRepository('near', [madeOn(1)])], { choice: week })).toEqual({
      none: 'No backup of the last 7d is in near.',
    });
  });

  const backups = fc.uniqueArray(
    fc.record({
      day: fc.integer({ min: 1, max: 21 }),
      committed: fc.boolean(),
      deleting: fc.boolean(),
    }),
    { selector: ({ day }) => day, maxLength: 12 },
  );
  const fleet = fc.array(backups, { minLength: 1, maxLength: 4 });
  const choices = fc.constantFrom<PickQuestion['choice']>({ kind: 'latest' }, { kind: 'untested' }, week);

  it('is never a backup without a manifest, nor one whose removal has begun', () => {
    fc.assert(
      fc.property(fleet, choices, fc.string(), (lists, choice, seed) => {
        const surveys = lists.map((list, index) =>
          inRepository(
            `r${index}`,
            list.map(({ day, ...rest }) => madeOn(day, rest)),
          ),
        );
        const picked = ask(surveys, { choice, seed });
        if ('none' in picked) return;
        for (const repository of picked.repositories) {
          const copy = surveys
            .find((survey) => survey.repository === repository)
            ?.backups.find(({ backupId }) => backupId === picked.backup.backupId);
          expect(copy).toMatchObject({ committed: true, deleting: false });
        }
      }),
    );
  });

  it('gives every repository its turn within as many tests as there are repositories', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 21 }), { minLength: 1, maxLength: 6 }), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.constantFrom<PickQuestion['choice']>({ kind: 'latest' }, { kind: 'untested' }),
        (lists, choice) => {
          const state = lists.map((days) => days.map((day) => madeOn(day)));
          const proven: string[] = [];
          for (let test = 0; test < 3 * lists.length; test += 1) {
            const surveys = state.map((list, index) => inRepository(`r${index}`, list));
            const picked = ask(surveys, { choice, seed: `run-${test}` });
            if ('none' in picked) throw new Error(picked.none);
            const [turn = ''] = picked.repositories;
            const copy = state[Number(turn.slice(1))]?.find(
              ({ backupId }) => backupId === picked.backup.backupId,
            );
            if (copy === undefined) throw new Error('the copy is not there');
            copy.provenAt = `2026-11-21T12:${String(test).padStart(2, '0')}:00.000Z`;
            proven.push(turn);
          }
          for (let start = 0; start + lists.length <= proven.length; start += 1)
            expect(new Set(proven.slice(start, start + lists.length)).size).toBe(lists.length);
        },
      ),
    );
  });
});

describe('the longest gap', () => {
  const gap = (days: number[], now = '2026-11-21T01:00:00.000Z') =>
    longestGap(
      [
        inRepository(
          'near',
          days.map((day) => madeOn(day)),
        ),
      ],
      now,
    );

  it('is between neighbours, or from the newest to now, over all repositories', () => {
    expect(gap([18, 19, 20])).toBe(86_400);
    expect(gap([15, 19, 20])).toBe(4 * 86_400);
    expect(gap([15, 16])).toBe(5 * 86_400);
    const both = [inRepository('near', [madeOn(15), madeOn(20)]), inRepository('far', [madeOn(17)])];
    expect(longestGap(both, '2026-11-21T01:00:00.000Z')).toBe(3 * 86_400);
  });

  it('is unknown without a backup, and counts none without a manifest', () => {
    expect(gap([])).toBeNull();
    const survey = inRepository('near', [madeOn(19, { committed: false }), madeOn(17), madeOn(20)]);
    expect(longestGap([survey], '2026-11-21T01:00:00.000Z')).toBe(3 * 86_400);
  });

  it('leaves out what was over more than 30 days ago', () => {
    const old = { backupId: 'x', startedAt: '2026-06-01T01:00:00.000Z' };
    const older = { backupId: 'y', startedAt: '2026-01-01T01:00:00.000Z' };
    const survey = inRepository('near', [
      madeOn(1, older),
      madeOn(1, old),
      ...Array.from({ length: 21 }, (_, index) => madeOn(index + 1)),
    ]);
    expect(longestGap([survey], '2026-11-21T02:00:00.000Z')).toBe(
      (Date.parse('2026-11-01T01:00:00.000Z') - Date.parse(old.startedAt)) / 1000,
    );
  });
});

describe('the copy of a repository that somebody named', () => {
  it('is not said to be the only one, and what was never proven from there may be proven elsewhere', () => {
    const picked = ask([inRepository('near', [madeOn(20)])], { choice: { kind: 'untested' }, named: true });
    expect(picked).toMatchObject({
      reasons: ['near was asked for.', `${madeOn(20).backupId} was never proven from there.`],
    });
  });
});

describe('copies in an archive class', () => {
  const cold = (day: number) => madeOn(day, { archived: true });

  it('are left out of the turns, and that is told', () => {
    const surveys = [inRepository('near', [madeOn(20, { provenAt: '2026-11-20T12:00:00.000Z' })])];
    const picked = ask([...surveys, inRepository('cold', [cold(19), cold(20)])]);
    expect(picked).toMatchObject({
      repositories: ['near'],
      reasons: [
        'Only near has such a copy that can be read.',
        expect.stringContaining('is the newest one there'),
        '2 copies in cold lie in an archive class and were left out: `restoreTest.thaw` would have them brought back.',
      ],
    });
  });

  it('leave newer ones of the same repository to be tested', () => {
    expect(
      ask([inRepository('mixed', [madeOn(20), cold(1)])], { choice: { kind: 'untested' } }),
    ).toMatchObject({
      backup: { backupId: madeOn(20).backupId },
      reasons: [expect.anything(), expect.anything(), expect.stringContaining('1 copy in mixed lies in an')],
    });
  });

  it('have their turn where the policy has them brought back', () => {
    const near = inRepository('near', [madeOn(20, { provenAt: '2026-11-20T12:00:00.000Z' })]);
    const picked = ask([near, inRepository('cold', [cold(20)])], { thaw: true });
    expect(picked).toMatchObject({ repositories: ['cold', 'near'] });
    expect(JSON.stringify(picked)).not.toContain('left out');
  });

  it('are none to pick where there is nothing else', () => {
    expect(ask([inRepository('cold', [cold(20)])])).toEqual({
      none: expect.stringMatching(/^No backup is in cold\. 1 copy in cold lies in an archive class/),
    });
  });
});
