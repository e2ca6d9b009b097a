import { describe, expect, it } from '@jest/globals';
import { type CopyLock, lockVerdict } from '../../../checks/copy-lock.ts';

const day = 86_400;
const made = '2026-11-20T02:00:00.000Z';

/** Locked for so many days from its making. */
const held = (days: number) => ({
  until: new Date(Date.parse(made) + days * day * 1000),
  legalHold: false,
});
const unlocked = { until: null, legalHold: false };

function verdict(changes: Partial<CopyLock>, ...files: CopyLock['files'][number]['held'][]) {
  return lockVerdict({
    backupId: '20261120T020000Z-00000001',
    startedAt: made,
    bucket: 'ge-backups',
    files: files.map((each, index) => ({ name: `file-${index}`, held: each })),
    wanted: 30 * day,
    promised: null,
    ...changes,
  });
}

describe('the lock of a copy', () => {
  it('is enough where every file is locked for as long as the policy says', () => {
    expect(verdict({}, held(30), held(31))).toEqual({
      outcome: 'yes',
      sentence: '20261120T020000Z-00000001 is locked for 30d.',
    });
  });

  it('may end a little sooner, since clocks differ', () => {
    expect(verdict({}, held(30 - 0.01)).outcome).toBe('yes');
    expect(verdict({}, held(30 - 0.02)).outcome).toBe('no');
  });

  it('is enough where somebody holds a file for good', () => {
    expect(verdict({}, { until: null, legalHold: true }).outcome).toBe('yes');
  });

  it('is not enough where one file is locked too short, and the sentence names it', () => {
    expect(verdict({}, held(30), held(29))).toEqual({
      outcome: 'no',
      sentence:
        'file-1 of 20261120T020000Z-00000001 is locked until 2026-12-19T02:00:00.000Z, and the policy wants 30d from its making. Find out who changed it, and lock it by hand.',
    });
  });

  it('is not enough where the bucket has none, whatever was promised', () => {
    expect(verdict({ promised: 1 }, held(30), null)).toEqual({
      outcome: 'no',
      sentence: 'Bucket ge-backups has no object lock, and the policy wants one for 30d.',
    });
  });

  it('is enough where it is as long as the policy said that the copy was made by', () => {
    expect(verdict({ promised: 7 * day }, held(7), held(8))).toEqual({
      outcome: 'yes',
      sentence:
        '20261120T020000Z-00000001 is locked for 7d, as the policy said that it was made by; the next one is for 30d.',
    });
  });

  it('is not enough where it is shorter than that too, and is measured by what the policy says now', () => {
    const { outcome, sentence } = verdict({ promised: 7 * day }, held(7), held(6));
    expect(outcome).toBe('no');
    expect(sentence).toContain('the policy wants 30d');
  });

  it('is enough where it is as long as the policy says now, and less than it said', () => {
    expect(verdict({ promised: 90 * day }, held(30)).outcome).toBe('yes');
  });

  it('is not there where the policy asked for none that the copy was made by: nobody is to be looked for', () => {
    expect(verdict({ promised: 0 }, unlocked)).toEqual({
      outcome: 'no',
      sentence:
        'file-0 of 20261120T020000Z-00000001 is not locked, and the policy wants 30d from its making. The policy that it was made by asked for none: lock it by hand, or make a backup now.',
    });
  });
});
