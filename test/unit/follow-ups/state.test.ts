import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type {
  FollowUpAddition,
  FollowUpMessageName,
  FollowUpSaid,
  FollowUpsMemory,
  FollowUpsSettings,
} from '../../../workflows/contract-follow-ups.ts';
import { nextDue, overdueOf, remindersOf } from '../../../workflows/follow-ups-chase.ts';
import { areRules, malformed } from '../../../workflows/follow-ups-forms.ts';
import { emptyMemory, fitted, follow } from '../../../workflows/follow-ups-state.ts';

const settings: FollowUpsSettings = {
  timezone: 'Europe/Amsterdam',
  people: [
    { name: 'dba-1', roles: ['dba'] },
    { name: 'ops-1', roles: ['ops'] },
  ],
  alertZone: 'ams',
};
const now = Date.parse('2026-11-21T12:00:00Z');
const hour = 3_600_000;

const addition = (changes: Partial<FollowUpAddition> = {}): FollowUpAddition => ({
  ...{ by: 'dba-1', id: '1a2b3c-1', runbook: 'shop', workflowId: 'drill/shop', runId: 'r', mode: 'drill' },
  ...{ text: 'lower the TTL', owner: 'ops-1', due: '2026-12-01' },
  ...changes,
});

function said<Name extends FollowUpMessageName>(
  memory: FollowUpsMemory,
  name: Name,
  message: FollowUpSaid[Name],
  at = now,
): FollowUpsMemory {
  const followed = follow({ settings, memory, now: at }, name, message);
  if ('refusal' in followed) throw new Error(followed.refusal);
  return followed.memory;
}

function refusal<Name extends FollowUpMessageName>(
  memory: FollowUpsMemory,
  name: Name,
  message: FollowUpSaid[Name],
): string {
  const followed = follow({ settings, memory, now }, name, message);
  return 'refusal' in followed ? followed.refusal : '';
}

const one = said(emptyMemory, 'add', addition());
const by = 'dba-1';
const id = '1a2b3c-1';

describe('a follow-up', () => {
  it('is kept with its owner and day, is moved and handed on with reasons, and closed with evidence', () => {
    const moved = said(one, 'move', { by, id, due: '2026-12-24', reason: 'the switch is late' });
    const handed = said(moved, 'assign', { by, id, owner: 'dba-1', reason: 'a matter of the database' });
    expect(handed.open).toMatchObject([{ due: '2026-12-24', owner: 'dba-1', closed: null }]);
    expect(handed.open[0]?.changes.map(({ sentence }) => sentence)).toEqual([
      'dba-1 moved 1a2b3c-1 from 2026-12-01 to 2026-12-24: the switch is late',
      'dba-1 gave 1a2b3c-1 from ops-1 to dba-1: a matter of the database',
    ]);
    const closed = said(handed, 'close', { by, id, evidence: 'change 4711' });
    expect(closed).toMatchObject({ open: [], closed: [{ id, closed: { by, evidence: 'change 4711' } }] });
  });

  it('is one, however often it is sent', () => {
    const again = follow({ settings, memory: one, now }, 'add', addition());
    expect(again).toMatchObject({ sentence: '1a2b3c-1 is noted already.' });
    expect(again).toHaveProperty('memory', one);
    expect(
      follow({ settings, memory: said(one, 'close', { by, id, evidence: 'x' }), now }, 'add', addition()),
    ).toMatchObject({ memory: { open: [] } });
    expect(refusal(one, 'add', addition({ text: 'something else' }))).toContain('another follow-up');
  });

  it.each<[string, string]>([
    ['an unknown sender', refusal(one, 'close', { by: 'eve', id, evidence: 'x' })],
    ['an unknown owner', refusal(one, 'assign', { by, id, owner: 'eve', reason: 'x' })],
    ['a new one of an unknown owner', refusal(one, 'add', addition({ id: 'b', owner: 'eve' }))],
  ])('is not followed from %s', (_what, sentence) => {
    expect(sentence).toBe('The policy knows no eve among its people.');
  });

  it.each<[string, string, string]>([
    ['that there is not', refusal(one, 'close', { by, id: 'x', evidence: 'x' }), 'There is no follow-up x.'],
    ['with no day', refusal(one, 'move', { by, id, due: '2026-13-01', reason: 'x' }), 'is no day'],
    [
      'moved into the past',
      refusal(one, 'move', { by, id, due: '2026-11-20', reason: 'x' }),
      'is over: today is 2026-11-21',
    ],
    ['moved to its day', refusal(one, 'move', { by, id, due: '2026-12-01', reason: 'x' }), 'already'],
    ['given to its owner', refusal(one, 'assign', { by, id, owner: 'ops-1', reason: 'x' }), 'already'],
    [
      'that is closed',
      refusal(said(one, 'close', { by, id, evidence: 'x' }), 'close', { by, id, evidence: 'y' }),
      'is closed, since 2026-11-21',
    ],
  ])('%s is refused', (_what, sentence, expected) => {
    expect(sentence).toContain(expected);
  });

  it('has a form that is told to whoever sends another', () => {
    expect(malformed('close', { by, id, evidence: 'x' })).toBeNull();
    expect(malformed('close', { by, id })).toContain('"evidence"');
    expect(malformed('add', addition({ text: 'two\nlines' }))).toContain('one line');
    expect(malformed('add', { ...addition(), mode: 'nap' })).toContain('real, drill, tabletop');
    expect(malformed('move', 'later')).toContain('A message `move` is written');
    expect(malformed('move', { by, id: '../x', due: 'd', reason: 'r' })).toContain('An id has');
  });
});

describe('its owner', () => {
  const reminder = Date.parse('2026-11-30T08:00:00Z');
  const end = Date.parse('2026-12-01T23:00:00Z');

  it('is reminded once, on the morning before its day; and anew for another day', () => {
    expect(remindersOf({ settings, memory: one, now: reminder - 1 }).announcements).toEqual([]);
    const { memory, announcements } = remindersOf({ settings, memory: one, now: reminder });
    expect(announcements).toMatchObject([
      { roles: ['ops'], sentence: expect.stringContaining('is due on 2026-12-01') },
    ]);
    expect(remindersOf({ settings, memory, now: reminder + hour }).announcements).toEqual([]);
    const moved = said(memory, 'move', { by, id, due: '2026-12-03', reason: 'x' }, reminder);
    expect(remindersOf({ settings, memory: moved, now: reminder + 48 * hour }).announcements).toHaveLength(1);
  });

  it('is chased from the end of its day on, until it is closed', () => {
    expect(overdueOf({ settings, memory: one, now: end - 1 })).toEqual([]);
    expect(overdueOf({ settings, memory: one, now: end })).toMatchObject([
      { kind: 'follow-up-overdue', subject: 'shop/1a2b3c-1', severity: 'warning', roles: ['ops'] },
    ]);
    const closed = said(one, 'close', { by, id, evidence: 'x' });
    expect(overdueOf({ settings, memory: closed, now: end })).toEqual([]);
  });

  it('is thought of at the next of these times, and again and again while it is overdue', () => {
    expect(nextDue({ settings, memory: emptyMemory, now })).toBeNull();
    expect(nextDue({ settings, memory: one, now })).toBe(reminder);
    const { memory } = remindersOf({ settings, memory: one, now: reminder });
    expect(nextDue({ settings, memory, now: reminder })).toBe(end);
    expect(nextDue({ settings, memory, now: end })).toBeGreaterThan(end);
  });
});

describe('what goes on in a new run', () => {
  it('has everything that is open, whatever is cut', () => {
    const text = 'x'.repeat(500);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 500 }), (open, closed) => {
        const each = (index: number) => ({
          ...{ ...addition({ id: `f-${index}`, text }), notedAt: '', notedBy: by, closed: null },
          changes: Array.from({ length: 20 }, () => ({ at: '', by, sentence: text })),
        });
        const kept = fitted({
          ...emptyMemory,
          open: Array.from({ length: open }, (_each, index) => each(index)),
          closed: Array.from({ length: closed }, (_each, index) => each(1000 + index)),
        });
        expect(kept.open.map(({ id: of }) => of)).toEqual(
          Array.from({ length: open }, (_each, index) => `f-${index}`),
        );
        expect(JSON.stringify(kept).length).toBeLessThan(1_000_000);
      }),
      { numRuns: 20 },
    );
  });
});

describe('new settings', () => {
  const people = [{ name: 'dba-1', roles: ['dba'] }];

  it.each<[unknown, boolean]>([
    [{ timezone: 'Europe/Amsterdam', people }, true],
    [undefined, false],
    [{ timezone: 'Europe/Nowhere', people }, false],
    [{ timezone: 'Europe/Amsterdam' }, false],
    [{ timezone: 'Europe/Amsterdam', people: ['dba-1'] }, false],
  ])('%j', (sent, right) => {
    expect(areRules(sent)).toBe(right);
  });
});
