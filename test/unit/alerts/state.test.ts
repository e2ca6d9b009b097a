import { describe, expect, it } from '@jest/globals';
import { retry } from '../../../workflows/alert-channels.ts';
import { announce, follow, mostOpen, observe } from '../../../workflows/alert-state.ts';
import type { AlertFinding } from '../../../workflows/contract-alerts.ts';
import { Clockwork, finding, hours, rulesWith, seconds } from '../../support/alerts.ts';

const rules = rulesWith(['ops', 'chat'], [{}]);

function observing(clock: Clockwork, observer: string, findings: AlertFinding[], at = clock.now): void {
  clock.tell((memory, told, now) =>
    observe(memory, told, { observer, at: new Date(at).toISOString(), findings }, now),
  );
}

/** What a channel heard, shortly. */
const heardBy = (clock: Clockwork, channel: string): string[] =>
  clock.heard
    .filter((heard) => heard.channel === channel)
    .flatMap(({ alerts }) => alerts.map(({ state, kind, subject }) => `${state} ${kind} ${subject}`));

describe('an alert', () => {
  it('opens once, however often it is found, and closes when its observer finds it no more', () => {
    const clock = new Clockwork(rules);
    for (let time = 0; time < 5; time += 1) {
      observing(clock, 'health', [finding('no-backup', 'shop')]);
      clock.pass(5 * 60 * seconds);
    }
    expect(heardBy(clock, 'ops')).toEqual(['opened no-backup shop']);
    observing(clock, 'health', []);
    clock.pass(hours);
    expect(heardBy(clock, 'ops')).toEqual(['opened no-backup shop', 'closed no-backup shop']);
    expect(clock.memory.open).toEqual([]);
    expect(clock.memory.closed).toMatchObject([{ kind: 'no-backup', subject: 'shop' }]);
  });

  it('is cured by nobody but its observer, and by no silence', () => {
    const clock = new Clockwork(rules);
    observing(clock, 'health', [finding('no-backup', 'shop')]);
    clock.pass(seconds);
    observing(clock, 'copies', []);
    observing(clock, 'backup/shop', []);
    clock.pass(1000 * hours);
    expect(clock.memory.open).toMatchObject([{ observer: 'health', kind: 'no-backup' }]);
  });

  it('is cured by an observer above its own where that speaks for it, and by none with a name alike', () => {
    const clock = new Clockwork(rules);
    const above = (observer: string) =>
      clock.tell((memory, told, now) =>
        observe(memory, told, { observer, at: new Date(now).toISOString(), findings: [], below: true }, now),
      );
    observing(clock, 'restore-test/shop/possible', [finding('test-impossible', 'shop')]);
    observing(clock, 'restore-test/shop-daily', [finding('test-failed', 'shop-daily')]);
    above('restore-test/sho');
    expect(clock.memory.open).toHaveLength(2);
    clock.pass(seconds);
    above('restore-test/shop');
    expect(clock.memory.open).toMatchObject([{ observer: 'restore-test/shop-daily' }]);
  });

  it('is two where two observers find it, and people hear of it once, and of its end when the last is cured', () => {
    const clock = new Clockwork(rulesWith(['ops'], [{ repeat: 3600 }]));
    observing(clock, 'backup/shop', [finding('backup-failed', 'shop', { severity: 'warning' })]);
    clock.pass(60 * seconds);
    observing(clock, 'health', [finding('backup-failed', 'shop', { severity: 'warning' })]);
    clock.pass(60 * seconds);
    observing(clock, 'backup/shop', []);
    clock.pass(60 * seconds);
    expect(clock.memory.open).toMatchObject([{ observer: 'health', told: ['ops'] }]);
    expect(heardBy(clock, 'ops')).toEqual(['opened backup-failed shop']);
    observing(clock, 'copies', [finding('backup-failed', 'shop', { severity: 'critical' })]);
    clock.pass(61 * 60 * seconds);
    observing(clock, 'health', []);
    observing(clock, 'copies', []);
    clock.pass(60 * seconds);
    expect(heardBy(clock, 'ops').map((word) => word.split(' ')[0])).toEqual([
      'opened',
      'escalated',
      'still-open',
      'closed',
    ]);
  });

  it('is not touched by an observation that comes late', () => {
    const clock = new Clockwork(rules);
    const [early, late] = [clock.now - 60 * seconds, clock.now];
    observing(clock, 'health', [finding('no-backup', 'shop')], late);
    observing(clock, 'health', [], early);
    expect(clock.memory.open).toHaveLength(1);
    clock.pass(hours);
    observing(clock, 'health', [], late);
    expect(clock.memory.open).toHaveLength(1);
  });

  it('is not silenced by a clock that ran ahead', () => {
    const clock = new Clockwork(rules);
    observing(clock, 'health', [finding('no-backup', 'shop')], clock.now + 1000 * hours);
    clock.pass(60 * seconds);
    observing(clock, 'health', []);
    expect(clock.memory.open).toEqual([]);
  });

  it('is told anew when it becomes worse, and quietly becomes less', () => {
    const clock = new Clockwork(rules);
    observing(clock, 'health', [finding('storage-full', 'disk', { severity: 'warning' })]);
    clock.pass(60 * seconds);
    observing(clock, 'health', [finding('storage-full', 'disk', { severity: 'critical' })]);
    clock.pass(60 * seconds);
    observing(clock, 'health', [finding('storage-full', 'disk', { severity: 'warning' })]);
    clock.pass(60 * seconds);
    expect(heardBy(clock, 'ops')).toEqual(['opened storage-full disk', 'escalated storage-full disk']);
    expect(clock.memory.open).toMatchObject([{ severity: 'warning' }]);
  });

  it('goes into the audit log when it opens and when it closes, and not when it repeats', () => {
    const clock = new Clockwork(rulesWith(['ops'], [{ repeat: 3600 }]));
    observing(clock, 'health', [finding('no-backup', 'shop')]);
    clock.pass(100 * hours);
    observing(clock, 'health', []);
    clock.pass(hours);
    expect(clock.records.map(({ action }) => action)).toEqual(['alert.opened', 'alert.closed']);
  });
});

describe('an observer', () => {
  it('that asked once and never speaks again is forgotten, unless something of its own is open', () => {
    const clock = new Clockwork(rules);
    observing(clock, 'approval/deletion/1', []);
    observing(clock, 'copies', [finding('not-offsite', 'shop')]);
    clock.pass(31 * 24 * hours);
    observing(clock, 'health', []);
    expect(Object.keys(clock.memory.observers)).toEqual(['copies', 'health']);
  });
});

describe('many alerts', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      finding('no-backup', `plan-${String(index).padStart(4, '0')}`, {
        severity: index === 777 ? 'critical' : 'warning',
      }),
    );

  it('at once are one message for each channel, the worst first, the first 50 in full', () => {
    const clock = new Clockwork(rules);
    observing(clock, 'health', many(600));
    clock.pass(3 * seconds);
    observing(clock, 'copies', many(1000).slice(600));
    clock.pass(hours);
    expect(clock.heard.map(({ channel }) => channel)).toEqual(['ops', 'chat']);
    const [message] = clock.heard;
    expect(message?.alerts).toHaveLength(50);
    expect(message?.alerts[0]).toMatchObject({ subject: 'plan-0777', severity: 'critical' });
    expect(message?.more).toBe(950);
    expect(message?.text).toContain('… and 950 more.');
    expect(message?.title).toBe('[Holdfast] critical: 1000 alerts, 1000 opened');
  });

  it('beyond what is kept are one more that counts them, and the worst are kept', () => {
    const clock = new Clockwork(rules);
    observing(clock, 'health', many(mostOpen + 500));
    expect(clock.memory.open).toHaveLength(mostOpen);
    expect(clock.memory.open.some(({ subject }) => subject === 'plan-0777')).toBe(true);
    expect(clock.memory.open.at(-1)).toMatchObject({
      kind: 'check-impossible',
      sentence: expect.stringContaining('found 501 more things wrong'),
    });
  });
});

describe('a channel that is away', () => {
  it('stops no other one, and gets one message when it is back', () => {
    const clock = new Clockwork(rules);
    clock.away.set('chat', { permanent: false });
    for (let time = 0; time < 50; time += 1) {
      observing(clock, `backup/${time}`, [finding('backup-failed', String(time))]);
      clock.pass(60 * seconds);
    }
    expect(heardBy(clock, 'ops')).toHaveLength(50);
    expect(clock.memory.channels.chat?.down).toMatchObject({ sentence: 'away' });
    clock.away.clear();
    clock.pass(hours);
    const chat = clock.heard.filter(({ channel }) => channel === 'chat');
    expect(chat).toHaveLength(1);
    expect(chat[0]?.alerts).toHaveLength(50);
    expect(clock.memory.channels.chat?.down).toBeNull();
  });

  it('hears of what opened and closed meanwhile as closed', () => {
    const clock = new Clockwork(rules);
    clock.away.set('chat', { permanent: false });
    observing(clock, 'health', [finding('no-backup', 'shop')]);
    clock.pass(hours);
    observing(clock, 'health', []);
    clock.pass(hours);
    clock.away.clear();
    clock.pass(hours);
    expect(heardBy(clock, 'chat')).toEqual(['closed no-backup shop']);
  });

  it('keeps the number of its message while nothing is added, so that a message sent twice is one', () => {
    const clock = new Clockwork(rulesWith(['chat'], [{}]));
    clock.away.set('chat', { permanent: false });
    observing(clock, 'health', [finding('no-backup', 'shop')]);
    clock.pass(hours);
    clock.away.clear();
    clock.pass(hours);
    expect(clock.heard.map(({ number }) => number)).toEqual([1]);
    clock.away.set('chat', { permanent: false });
    observing(clock, 'copies', [finding('not-offsite', 'shop')]);
    clock.pass(hours);
    observing(clock, 'health', []);
    clock.away.clear();
    clock.pass(hours);
    expect(clock.heard.map(({ number }) => number)).toEqual([1, 3]);
  });

  it('for good waits until the rules change, or somebody finds that it works', () => {
    const clock = new Clockwork(rulesWith(['ops'], [{}]));
    clock.away.set('ops', { permanent: true });
    observing(clock, 'health', [finding('no-backup', 'shop')]);
    clock.pass(hours);
    clock.away.clear();
    clock.pass(4 * hours);
    expect(clock.heard).toEqual([]);
    const changed = {
      ...clock.rules,
      channels: [{ name: 'ops', kind: 'webhook' as const, url: { url: 'https://new.example.org/' } }],
    };
    clock.tell((memory, former, now) => follow(memory, former, { ...former }, now));
    expect(clock.heard).toEqual([]);
    const before = clock.memory;
    clock.tell((memory, former, now) => follow(memory, former, changed, now));
    expect(clock.heard).toHaveLength(1);
    const again = new Clockwork(clock.rules, clock.now);
    again.tell(() => retry(before, 'ops', clock.now));
    expect(again.heard).toHaveLength(1);
  });
});

describe('rules', () => {
  it('that come late tell what nobody was told', () => {
    const clock = new Clockwork({ channels: [], routes: [] });
    observing(clock, 'health', [finding('no-backup', 'shop')]);
    clock.pass(hours);
    clock.tell((memory, former, now) => follow(memory, former, rules, now));
    clock.rules = rules;
    clock.pass(hours);
    expect(heardBy(clock, 'ops')).toEqual(['opened no-backup shop']);
  });

  it('that take a channel away leave its news to those that take its place', () => {
    const clock = new Clockwork(rulesWith(['ops'], [{}]));
    clock.away.set('ops', { permanent: false });
    observing(clock, 'health', [finding('no-backup', 'shop')]);
    clock.pass(hours);
    const next = rulesWith(['chat'], [{}]);
    clock.tell((memory, former, now) => follow(memory, former, next, now));
    clock.rules = next;
    clock.pass(hours);
    expect(heardBy(clock, 'chat')).toEqual(['opened no-backup shop']);
    expect(Object.keys(clock.memory.channels)).toEqual(['chat']);
  });
});

describe('an announcement', () => {
  it('is told once, also when it is sent twice', () => {
    const clock = new Clockwork(rules);
    const word = {
      at: '2026-11-21T12:00:00Z',
      severity: 'info' as const,
      subject: 'safe',
      sentence: 'Attach it.',
    };
    for (let time = 0; time < 3; time += 1) {
      clock.tell((memory, told, now) => announce(memory, told, word, now));
      clock.pass(hours);
    }
    expect(heardBy(clock, 'ops')).toEqual(['announced announcement safe']);
  });
});
