import { describe, expect, it } from '@jest/globals';
import { recipientsOf } from '../../../workflows/alert-routes.ts';
import { observe } from '../../../workflows/alert-state.ts';
import { nextDue } from '../../../workflows/alert-times.ts';
import type { AlertFinding } from '../../../workflows/contract-alerts.ts';
import { Clockwork, finding, hours, rulesWith, seconds } from '../../support/alerts.ts';

const start = Date.parse('2026-11-21T12:00:00Z');

function open(clock: Clockwork, subject = 'shop', severity: 'critical' | 'warning' = 'critical'): void {
  clock.tell((memory, rules, now) =>
    observe(
      memory,
      rules,
      {
        observer: `backup/${subject}`,
        at: new Date(now).toISOString(),
        findings: [finding('backup-failed', subject, { severity })],
      },
      now,
    ),
  );
}

/** When a channel heard what, in seconds from the start. */
const timesOf = (clock: Clockwork, channel: string): [number, string][] =>
  clock.heard
    .filter((heard) => heard.channel === channel)
    .flatMap(({ at, alerts }) =>
      alerts.map(({ state }): [number, string] => [Math.round((at - start) / seconds), state]),
    );

describe('an open alert', () => {
  it('is repeated as often as its route says, for days', () => {
    const clock = new Clockwork(rulesWith(['ops'], [{ repeat: 4 * 3600 }]), start);
    open(clock);
    clock.pass(72 * hours);
    const told = timesOf(clock, 'ops');
    expect(told).toHaveLength(19 - 1);
    expect(told.slice(0, 3)).toEqual([
      [10, 'opened'],
      [4 * 3600 + 10, 'still-open'],
      [8 * 3600 + 10, 'still-open'],
    ]);
  });

  it('is told once where the route repeats nothing', () => {
    const clock = new Clockwork(rulesWith(['ops'], [{ repeat: 0 }]), start);
    open(clock);
    clock.pass(1000 * hours);
    expect(timesOf(clock, 'ops')).toEqual([[10, 'opened']]);
    expect(nextDue(clock.memory, clock.rules)).toBeNull();
  });

  it('reaches more people the longer it lasts, each step once, and they hear of its end', () => {
    const escalate = [
      { after: 3600, to: ['lead'] },
      { after: 7200, to: ['boss', 'ops'] },
    ];
    const clock = new Clockwork(
      rulesWith(['ops', 'lead', 'boss'], [{ to: ['ops'], escalate, repeat: 0 }]),
      start,
    );
    open(clock);
    clock.pass(10 * hours);
    expect(timesOf(clock, 'ops')).toEqual([[10, 'opened']]);
    expect(timesOf(clock, 'lead')).toEqual([[3610, 'escalated']]);
    expect(timesOf(clock, 'boss')).toEqual([[7210, 'escalated']]);
    expect(clock.memory.open).toMatchObject([{ level: 2 }]);
    clock.tell((memory, rules, now) =>
      observe(memory, rules, { observer: 'backup/shop', at: new Date(now).toISOString(), findings: [] }, now),
    );
    clock.pass(hours);
    for (const channel of ['ops', 'lead', 'boss'])
      expect(timesOf(clock, channel).at(-1)).toEqual([36_010, 'closed']);
  });

  it('escalates from when it became as bad as it is', () => {
    const clock = new Clockwork(
      rulesWith(
        ['ops', 'lead'],
        [
          { severities: ['warning'], to: ['ops'] },
          { severities: ['critical'], to: ['ops'], escalate: [{ after: 3600, to: ['lead'] }] },
        ],
      ),
      start,
    );
    open(clock, 'shop', 'warning');
    clock.pass(5 * hours);
    open(clock, 'shop', 'critical');
    clock.pass(30 * 60 * seconds);
    expect(timesOf(clock, 'lead')).toEqual([]);
    clock.pass(hours);
    expect(timesOf(clock, 'lead')).toEqual([[6 * 3600 + 10, 'escalated']]);
  });

  it('is repeated together with others, as long as none waits much longer for it', () => {
    const clock = new Clockwork(rulesWith(['ops'], [{ repeat: 3600 }]), start);
    for (const subject of ['a', 'b', 'c', 'd']) {
      open(clock, subject);
      clock.pass(60 * seconds);
    }
    clock.heard = [];
    clock.pass(hours);
    expect(clock.heard.map(({ alerts }) => alerts.length)).toEqual([4]);
  });

  it('is not repeated long before its time because another one is', () => {
    const clock = new Clockwork(rulesWith(['ops'], [{ repeat: 3600 }]), start);
    open(clock, 'a');
    clock.pass(30 * 60 * seconds);
    open(clock, 'b');
    clock.pass(40 * 60 * seconds);
    expect(clock.heard.map(({ alerts }) => alerts.map(({ subject }) => subject))).toEqual([
      ['a'],
      ['b'],
      ['a'],
    ]);
  });

  it('goes on escalating when a run has missed the hour', () => {
    const escalate = [
      { after: 60, to: ['lead'] },
      { after: 120, to: ['boss'] },
    ];
    const rules = rulesWith(['ops', 'lead', 'boss'], [{ to: ['ops'], escalate }]);
    const clock = new Clockwork(rules, start);
    open(clock);
    clock.now += 100 * hours;
    clock.pass(60 * seconds);
    for (const channel of ['lead', 'boss']) expect(timesOf(clock, channel)).toHaveLength(1);
  });
});

describe('an alert whose time is limited', () => {
  const until = new Date(start + 3 * hours).toISOString();
  const ask = (clock: Clockwork, more: Partial<AlertFinding> = { until }) =>
    clock.tell((memory, rules, now) =>
      observe(
        memory,
        rules,
        {
          observer: 'approval/deletion/1',
          at: new Date(now).toISOString(),
          findings: [finding('approval-asked', 'deletion/1', more), finding('no-backup', 'shop')],
        },
        now,
      ),
    );
  const wordsOf = (clock: Clockwork) =>
    timesOf(clock, 'ops').map(([at, state]) => `${state} ${Math.floor(at / 3600)}`);

  it('is over by itself when nobody takes it back, and the others of its observer stay', () => {
    const clock = new Clockwork(rulesWith(['ops'], [{ repeat: 0 }]), start);
    ask(clock);
    clock.pass(2.9 * hours);
    expect(clock.memory.open).toHaveLength(2);
    clock.pass(hours);
    expect(clock.memory.open.map(({ kind }) => kind)).toEqual(['no-backup']);
    expect(clock.memory.closed).toMatchObject([{ kind: 'approval-asked', closedAt: until }]);
    expect(wordsOf(clock)).toEqual(['opened 0', 'opened 0', 'closed 3']);
  });

  it('lasts when it is found again without a limit', () => {
    const clock = new Clockwork(rulesWith(['ops'], [{ repeat: 0 }]), start);
    ask(clock);
    clock.pass(hours);
    ask(clock, {});
    clock.pass(100 * hours);
    expect(clock.memory.open).toHaveLength(2);
  });

  it('lasts where the limit is no time at all', () => {
    const clock = new Clockwork(rulesWith(['ops'], [{ repeat: 0 }]), start);
    ask(clock, { until: 'tomorrow' });
    clock.pass(100 * hours);
    expect(clock.memory.open).toHaveLength(2);
    expect(nextDue(clock.memory, clock.rules)).toBeNull();
  });
});

describe('a route', () => {
  const rules = rulesWith(
    ['dba', 'net', 'all', 'quiet'],
    [
      { severities: ['critical'], roles: ['dba'], to: ['dba'] },
      { severities: ['critical'], roles: ['network'], to: ['net', 'unknown'] },
      { severities: ['critical', 'warning'], to: ['all'] },
      { severities: ['warning'], to: ['quiet'] },
    ],
  );

  it.each([
    [{ severity: 'critical' as const, roles: ['dba'] }, ['dba']],
    [{ severity: 'critical' as const, roles: ['network'] }, ['net']],
    [{ severity: 'critical' as const, roles: ['network', 'dba'] }, ['dba', 'net']],
    [{ severity: 'critical' as const, roles: ['somebody'] }, ['all']],
    [{ severity: 'critical' as const }, ['all']],
    [{ severity: 'warning' as const, roles: ['dba'] }, ['all']],
    [{ severity: 'info' as const }, []],
  ])('of %j leads to %j', (concern, channels) => {
    expect(recipientsOf(rules, concern)).toEqual(channels);
  });

  it('for other roles is taken where there is none else: rather the wrong people than nobody', () => {
    const narrow = rulesWith(['dba'], [{ roles: ['dba'] }]);
    expect(recipientsOf(narrow, { severity: 'critical', roles: ['network'] })).toEqual(['dba']);
    expect(recipientsOf(narrow, { severity: 'critical' })).toEqual(['dba']);
  });
});
