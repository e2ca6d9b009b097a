import type { NotificationRules, Route } from '../../policy/resolved-proof.ts';
import { delivered, undelivered } from '../../workflows/alert-channels.ts';
import { messageOf } from '../../workflows/alert-message.ts';
import { emptyMemory } from '../../workflows/alert-state.ts';
import { nextDue, tick } from '../../workflows/alert-times.ts';
import type {
  AlertFinding,
  AlertRecord,
  AlertsMemory,
  NotifyInput,
} from '../../workflows/contract-alerts.ts';

export const seconds = 1000;
export const hours = 3600 * seconds;

/** Channels by name that post to nowhere, with routes. */
export function rulesWith(names: string[], routes: Partial<Route>[]): NotificationRules {
  return {
    channels: names.map((name) => ({ name, kind: 'webhook', url: { url: `https://${name}.example.org/` } })),
    routes: routes.map((route) => ({
      severities: ['critical', 'warning', 'info'],
      to: names,
      repeat: 0,
      escalate: [],
      ...route,
    })),
  };
}

export function finding(
  kind: AlertFinding['kind'],
  subject: string,
  more: Partial<AlertFinding> = {},
): AlertFinding {
  return { kind, subject, severity: 'critical', sentence: `${subject} has ${kind}.`, ...more };
}

export type Heard = { at: number; channel: string; number: number } & Pick<
  NotifyInput,
  'title' | 'text' | 'severity' | 'alerts' | 'more'
>;

/** The alerts on a clock of their own: what is due is done when it is due, and what channels hear is kept. */
export class Clockwork {
  memory: AlertsMemory = emptyMemory;
  rules: NotificationRules;
  now: number;
  heard: Heard[] = [];
  records: AlertRecord[] = [];
  /** Channels that take nothing, and whether that is for good. */
  away = new Map<string, { permanent: boolean }>();

  constructor(rules: NotificationRules, now = Date.parse('2026-11-21T12:00:00Z')) {
    this.rules = rules;
    this.now = now;
  }

  tell(change: (memory: AlertsMemory, rules: NotificationRules, now: number) => AlertsMemory): void {
    this.memory = change(this.memory, this.rules, this.now);
    this.work();
  }

  /** Lets time pass, and does on the way what is due. */
  pass(time: number): void {
    const end = this.now + time;
    for (;;) {
      const due = nextDue(this.memory, this.rules);
      if (due === null || due > end) break;
      this.now = Math.max(due, this.now + 1);
      this.work();
    }
    this.now = Math.max(end, this.now);
    this.work();
  }

  private work(): void {
    const due = tick(this.memory, this.rules, this.now);
    this.memory = due.memory;
    this.records.push(...(due.recording?.records ?? []));
    for (const delivery of due.deliveries) {
      const { channel, number } = delivery;
      const fault = this.away.get(channel);
      if (fault === undefined) {
        this.heard.push({ at: this.now, channel, number, ...messageOf(this.memory, delivery, undefined) });
        this.memory = delivered(this.memory, channel, [], this.now);
      } else this.memory = undelivered(this.memory, channel, { sentence: 'away', ...fault }, this.now);
    }
  }
}
