import { describe, expect, it } from '@jest/globals';
import type { RepositorySurvey, SurveyedCopy } from '../../../workflows/contract-deletion.ts';
import { decideDeletion } from '../../../workflows/deletion-decision.ts';
import { growthSince, listText } from '../../../workflows/deletion-text.ts';

const old = { source: 'shop', backupId: '20261101T010000Z-1a2b3c4d' };
const newer = '20261102T010000Z-1a2b3c4d';

const copy = (changes: Partial<SurveyedCopy> = {}): SurveyedCopy => ({
  repository: 'local',
  backup: old,
  files: 4,
  versions: 4,
  bytes: 1000,
  whole: true,
  keptAs: null,
  holds: [],
  readers: [],
  neededBy: [],
  lockedUntil: null,
  legalHold: false,
  ...changes,
});

const survey = (changes: Partial<RepositorySurvey> = {}): RepositorySurvey => ({
  repository: 'local',
  newest: [{ source: 'shop', backupId: newer }],
  found: [copy()],
  ...changes,
});

const sentencesOf = (...surveys: RepositorySurvey[]) =>
  decideDeletion([old], surveys, ['safe']).refusals.map(({ sentence }) => sentence);

describe('law 4 for a deletion', () => {
  it('lets a backup go that has a newer verified one, and says why', () => {
    const decision = decideDeletion(
      [old],
      [survey({ found: [copy({ keptAs: { tier: 'weekly', until: '2027-02-14' } })] })],
      [],
    );
    expect(decision.refusals).toEqual([]);
    expect(decision.items).toEqual([
      {
        backup: old,
        because: expect.stringMatching(
          /newer 20261102T010000Z-1a2b3c4d is verified in local.*weekly until 2027-02-14/,
        ),
        copies: [{ repository: 'local', files: 4, versions: 4, bytes: 1000 }],
      },
    ]);
  });

  it.each<[string, RepositorySurvey, string]>([
    ['is the last verified one', survey({ newest: [] }), 'the last verified backup of shop'],
    [
      'has no newer verified one',
      survey({ newest: [{ source: 'shop', backupId: '20261031T010000Z-1a2b3c4d' }] }),
      'no newer verified backup',
    ],
    ['is under a legal hold', survey({ found: [copy({ holds: ['0a0b0c0d'] })] }), 'legal hold 0a0b0c0d'],
    [
      'is being read',
      survey({ found: [copy({ readers: ['2026-11-21T02:00:00.000Z'] })] }),
      'being read by a restore, until 2026-11-21T02:00:00.000Z',
    ],
    ['is needed', survey({ found: [copy({ neededBy: [newer] })] }), `needed by ${newer}, which is kept`],
    [
      'is locked',
      survey({ found: [copy({ lockedUntil: '2027-01-01T00:00:00.000Z' })] }),
      'locked until 2027-01-01T00:00:00.000Z',
    ],
    [
      "is under the store's legal hold",
      survey({ found: [copy({ legalHold: true })] }),
      'of the object store',
    ],
    [
      "can't be asked for its lock",
      survey({ found: [copy({ lockUnknown: 'the rights are missing' })] }),
      'the rights are missing',
    ],
    ['is nowhere', survey({ found: [] }), 'No repository that could be read holds'],
  ])('refuses one that %s', (_, said, sentence) => {
    expect(sentencesOf(said)).toEqual([expect.stringContaining(sentence)]);
  });

  it('decides nothing while a repository is unread', () => {
    const away = { repository: 'offsite', unreadable: 'No answer.', newest: [], found: [] };
    expect(sentencesOf(survey(), away)).toEqual([expect.stringContaining("offsite can't be read")]);
  });

  it('does not count what is behind an air gap as newer, and tells of a disk that is away', () => {
    const safe = survey({ repository: 'safe', found: [] });
    expect(sentencesOf(survey({ newest: [] }), safe)).toEqual([expect.stringContaining('the last verified')]);
    const away = { repository: 'safe', unreadable: 'Not attached.', newest: [], found: [] };
    const decision = decideDeletion([old], [survey(), away], ['safe']);
    expect(decision).toMatchObject({ refusals: [], notReached: ['safe'] });
  });

  it('takes the newer one from any repository', () => {
    const other = survey({ repository: 'offsite', found: [] });
    expect(sentencesOf(survey({ newest: [] }), other)).toEqual([]);
  });

  it('lets the rest of a removal that was ended midway go, whatever is left', () => {
    expect(sentencesOf(survey({ newest: [], found: [copy({ whole: false })] }))).toEqual([]);
  });
});

describe('the list', () => {
  const items = decideDeletion([old], [survey()], []).items;
  const about = { organization: 'Example BV', workflowId: 'deletion/1', requester: 'dba-1', reason: 'why' };

  it('has the same text for the same facts, and another for any other', () => {
    const text = listText({ ...about, items, notReached: [] });
    expect(listText({ ...about, items: structuredClone(items), notReached: [] })).toBe(text);
    const others = [
      { ...about, requester: 'dba-2', items, notReached: [] },
      { ...about, workflowId: 'deletion/2', items, notReached: [] },
      { ...about, reason: 'other', items, notReached: [] },
      { ...about, items: [], notReached: [] },
      { ...about, items, notReached: ['safe'] },
      {
        ...about,
        items: decideDeletion([old], [survey({ found: [copy({ bytes: 1001 })] })], []).items,
        notReached: [],
      },
    ];
    expect(new Set([text, ...others.map(listText)]).size).toBe(others.length + 1);
  });

  it('may shrink until its day, and must not grow', () => {
    const now = (...found: SurveyedCopy[]) => ({
      items: decideDeletion([old], [survey({ found }), survey({ repository: 'offsite', found: [] })], [])
        .items,
    });
    expect(growthSince({ items }, now(copy()))).toEqual([]);
    expect(growthSince({ items }, now())).toEqual([]);
    expect(growthSince({ items }, now(copy({ versions: 3 })))).toEqual([]);
    for (const more of [{ versions: 5 }, { files: 5 }, { bytes: 1001 }])
      expect(growthSince({ items }, now(copy(more)))).toEqual([expect.stringContaining('more than what')]);
    const twice = decideDeletion([old], [survey(), survey({ repository: 'offsite' })], []);
    expect(growthSince({ items }, twice)).toEqual([expect.stringContaining('a copy in offsite')]);
  });
});
