import { describe, expect, it } from '@jest/globals';
import { observe } from '../../../workflows/alert-state.ts';
import { nextDue } from '../../../workflows/alert-times.ts';
import type { AlertFinding } from '../../../workflows/contract-alerts.ts';
import { Clockwork, finding, hours, rulesWith, seconds } from '../../support/alerts.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const minutes = 60 * seconds;

function find(clock: Clockwork, findings: AlertFinding[], steady?: boolean): void {
  const at = new Date(clock.now).toISOString();
  clock.tell((memory, rules, now) =>
    observe(memory, rules, { observer: 'health', at, findings }, now, steady),
  );
}

const full = (more: Partial<AlertFinding> = {}) => [finding('storage-full', 'disk', more)];

/** Opens, and is cured and found again each few minutes. */
function flap(clock: Clockwork, times: number, pause = 2 * minutes): void {
  find(clock, full());
  for (let time = 0; time < times; time += 1) {
    clock.pass(pause);
    find(clock, []);
    clock.pass(pause);
    find(clock, full());
  }
}

/** What was heard, and in which minute. */
const heard = (clock: Clockwork): [number, string][] =>
  clock.heard.flatMap(({ at, alerts }) =>
    alerts.map(({ state }): [number, string] => [Math.floor((at - start) / minutes), state]),
  );

describe('an alert that comes back within minutes', () => {
  it('is the same one: people hear of it once, and again when it stays', () => {
    const clock = new Clockwork(rulesWith(['ops'], [{ repeat: 0 }]), start);
    flap(clock, 20);
    expect(heard(clock)).toEqual([
      [0, 'opened'],
      [2, 'closed'],
    ]);
    clock.pass(hours);
    expect(heard(clock).slice(2)).toEqual([[90, 'still-open']]);
    expect(clock.heard.at(-1)?.text).toContain(`since ${new Date(start).toISOString()}, came back 20×`);
    expect(clock.memory.open).toMatchObject([{ told: ['ops'], returned: 20, hushedUntil: null }]);
    find(clock, []);
    clock.pass(minutes);
    expect(heard(clock).at(-1)?.[1]).toBe('closed');
    expect(clock.memory.closed[0]).toMatchObject({ openedAt: new Date(start).toISOString(), returned: 20 });
  });

  it('is told when it would have been repeated, though it never stays', () => {
    const clock = new Clockwork(rulesWith(['ops'], [{ repeat: 3600 }]), start);
    flap(clock, 40);
    expect(heard(clock).filter(([, state]) => state === 'still-open')).toEqual([
      [60, 'still-open'],
      [120, 'still-open'],
    ]);
    expect(heard(clock).length).toBeLessThanOrEqual(6);
  });

  it('is in the audit log each time, with how often it came back', () => {
    const clock = new Clockwork(rulesWith(['ops'], [{ repeat: 0 }]), start);
    flap(clock, 2);
    clock.pass(minutes);
    const opened = clock.records.filter(({ action }) => action === 'alert.opened');
    expect(opened.map(({ returned }) => returned)).toEqual([undefined, 1, 2]);
    expect(clock.records.filter(({ action }) => action === 'alert.closed')).toHaveLength(2);
  });

  it('escalates as if it had never been away', () => {
    const escalate = [{ after: 3600, to: ['boss'] }];
    const clock = new Clockwork(rulesWith(['ops', 'boss'], [{ to: ['ops'], repeat: 0, escalate }]), start);
    flap(clock, 15);
    clock.pass(hours);
    expect(clock.memory.open).toMatchObject([{ level: 1, severeSince: new Date(start).toISOString() }]);
    expect(clock.heard.filter(({ channel }) => channel === 'boss')).toHaveLength(1);
  });

  it('is hushed for all who find it, and not for longer because of another one', () => {
    const clock = new Clockwork(rulesWith(['ops'], [{ repeat: 0 }]), start);
    flap(clock, 1);
    clock.pass(5 * minutes);
    const at = new Date(clock.now).toISOString();
    clock.tell((memory, rules, now) =>
      observe(memory, rules, { observer: 'copies', at, findings: full() }, now),
    );
    clock.pass(hours);
    expect(heard(clock).slice(2)).toEqual([[14, 'still-open']]);
    expect(nextDue(clock.memory, clock.rules)).toBeNull();
  });

  it.each<[string, (clock: Clockwork) => void]>([
    ['after more than some minutes', (clock) => flap(clock, 1, 11 * minutes)],
    [
      'worse than it was',
      (clock) => {
        find(clock, full({ severity: 'warning' }));
        clock.pass(minutes);
        find(clock, []);
        clock.pass(minutes);
        find(clock, full({ severity: 'critical' }));
      },
    ],
    [
      'and is a question',
      (clock) => {
        for (const findings of [
          [finding('approval-asked', 'switch/1')],
          [],
          [finding('approval-asked', 'switch/1')],
        ]) {
          find(clock, findings);
          clock.pass(minutes);
        }
      },
    ],
  ])('%s is told at once', (_, happen) => {
    const clock = new Clockwork(rulesWith(['ops'], [{ repeat: 0 }]), start);
    happen(clock);
    clock.pass(11 * seconds);
    expect(heard(clock).map(([, state]) => state)).toEqual(['opened', 'closed', 'opened']);
  });

  it('becomes worse while it is hushed, and is told at once', () => {
    const clock = new Clockwork(rulesWith(['ops'], [{ repeat: 0 }]), start);
    find(clock, full({ severity: 'warning' }));
    clock.pass(minutes);
    find(clock, []);
    clock.pass(minutes);
    find(clock, full({ severity: 'warning' }));
    clock.pass(minutes);
    find(clock, full({ severity: 'critical' }));
    clock.pass(hours);
    expect(heard(clock).map(([, state]) => state)).toEqual(['opened', 'closed', 'escalated']);
  });

  it('is another one in runs that began before this was known', () => {
    const clock = new Clockwork(rulesWith(['ops'], [{ repeat: 0 }]), start);
    for (const findings of [full(), [], full()]) {
      find(clock, findings, false);
      clock.pass(minutes);
    }
    expect(heard(clock).map(([, state]) => state)).toEqual(['opened', 'closed', 'opened']);
  });
});
