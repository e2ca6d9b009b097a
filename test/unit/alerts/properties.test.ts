import { describe, expect, it } from '@jest/globals';
import {
  array,
  assert,
  boolean,
  constantFrom,
  integer,
  oneof,
  property,
  record,
  uniqueArray,
} from 'fast-check';
import type { Severity } from '../../../policy/resolved-proof.ts';
import { keyOf } from '../../../workflows/alert-channels.ts';
import { recipientsOf } from '../../../workflows/alert-routes.ts';
import { observe } from '../../../workflows/alert-state.ts';
import type { AlertFinding, NewsState } from '../../../workflows/contract-alerts.ts';
import { Clockwork, finding, hours, rulesWith, seconds } from '../../support/alerts.ts';

/** Repetitions, escalation, and routes that differ by severity. */
const rules = rulesWith(
  ['ops', 'chat', 'boss'],
  [
    {
      severities: ['critical'],
      to: ['ops', 'chat'],
      repeat: 3600,
      escalate: [{ after: 7200, to: ['boss'] }],
    },
    { severities: ['warning'], to: ['chat'], repeat: 0 },
  ],
);

const severity = constantFrom<Severity>('critical', 'warning', 'info');
const findings = uniqueArray(
  record({
    kind: constantFrom<AlertFinding['kind']>('no-backup', 'storage-full'),
    subject: constantFrom('shop', 'crm'),
    severity,
  }),
  { selector: ({ kind, subject }) => `${kind} ${subject}` },
);

const step = oneof(
  record({
    do: constantFrom('observe' as const),
    observer: constantFrom('health', 'copies'),
    findings,
    /** Seconds that it is late. */
    late: oneof(constantFrom(0), integer({ min: 0, max: 600 })),
  }),
  record({
    do: constantFrom('pass' as const),
    seconds: oneof(integer({ min: 1, max: 30 }), integer({ min: 1, max: 20_000 })),
  }),
  record({
    do: constantFrom('break' as const),
    channel: constantFrom('ops', 'chat', 'boss'),
    permanent: boolean(),
  }),
  record({ do: constantFrom('mend' as const), channel: constantFrom('ops', 'chat', 'boss') }),
);

/** What is open if each observer's newest observation counts and nothing else does. */
class Model {
  readonly newest = new Map<string, { at: number; findings: Map<string, Severity> }>();

  observe(
    observer: string,
    at: number,
    found: { kind: AlertFinding['kind']; subject: string; severity: Severity }[],
  ): void {
    const before = this.newest.get(observer);
    if (before !== undefined && at <= before.at) return;
    const byKey = found.map((each): [string, Severity] => [keyOf(observer, each), each.severity]);
    this.newest.set(observer, { at, findings: new Map(byKey) });
  }

  get open(): Map<string, Severity> {
    return new Map([...this.newest.values()].flatMap((each) => [...each.findings]));
  }
}

describe('alerts, whatever happens', () => {
  it('are those of the newest observations, open once, and everybody who was told hears of the end', () => {
    assert(
      property(array(step, { maxLength: 40 }), (steps) => {
        const clock = new Clockwork(rules);
        const model = new Model();
        for (const each of steps) {
          if (each.do === 'pass') clock.pass(each.seconds * seconds);
          else if (each.do === 'break') clock.away.set(each.channel, { permanent: each.permanent });
          else if (each.do === 'mend') clock.away.delete(each.channel);
          else {
            const at = clock.now - each.late * seconds;
            const found = each.findings.map(({ kind, subject, severity: how }) =>
              finding(kind, subject, { severity: how }),
            );
            model.observe(each.observer, at, each.findings);
            clock.tell((memory, told, now) =>
              observe(
                memory,
                told,
                { observer: each.observer, at: new Date(at).toISOString(), findings: found },
                now,
              ),
            );
          }
          const open = new Map(
            clock.memory.open.map((alert) => [keyOf(alert.observer, alert), alert.severity]),
          );
          expect(open).toEqual(model.open);
        }
        clock.away.clear();
        clock.pass(7 * hours);
        expectTold(clock);
      }),
      { numRuns: 300 },
    );
  });
});

/** With every channel up for long enough, nobody who must know doesn't, and nobody is left with what is over. */
function expectTold(clock: Clockwork): void {
  const last = new Map<string, NewsState>();
  const opened = new Set<string>();
  for (const { channel, alerts } of clock.heard) {
    for (const { state, kind, subject, since } of alerts) {
      const what = `${channel} ${kind} ${subject}`;
      last.set(what, state);
      if (state !== 'opened') continue;
      expect(opened).not.toContain(`${what} ${since}`);
      opened.add(`${what} ${since}`);
    }
  }
  for (const alert of clock.memory.open)
    for (const channel of recipientsOf(rules, alert, alert.level)) {
      expect(alert.told).toContain(channel);
      expect(last.has(`${channel} ${alert.kind} ${alert.subject}`)).toBe(true);
    }
  const openNow = new Set(clock.memory.open.map(({ kind, subject }) => `${kind} ${subject}`));
  for (const [what, state] of last) {
    const [, ...topic] = what.split(' ');
    if (!openNow.has(topic.join(' '))) expect([what, state]).toEqual([what, 'closed']);
  }
}
