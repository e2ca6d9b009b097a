import { rankOf } from './alert-routes.ts';
import type { Recording } from './alert-times.ts';
import type { Happening } from './audit.ts';

/** So many of a kind are entries of their own; the rest is one that counts them. */
const each = 20;

/** What the audit log is told of openings and closings: the worst singly, the rest in sum. Pure. */
export function happeningsOf({ records, more }: Recording, now: number): Happening[] {
  return (['alert.opened', 'alert.closed'] as const).flatMap((action) => {
    const own = records
      .filter((record) => record.action === action)
      .sort((a, b) => rankOf(b.alert.severity) - rankOf(a.alert.severity));
    const rest = own.length - Math.min(each, own.length) + more[action];
    const single = own.slice(0, each).map(
      ({ alert, observer, returned }, index): Happening => ({
        action,
        subject: alert.subject,
        outcome: 'done',
        reason: alert.sentence,
        facts: {
          kind: alert.kind,
          severity: alert.severity,
          observer,
          ...(returned === undefined ? {} : { returned }),
        },
        key: `${action}-${now}-${index}`,
      }),
    );
    if (rest === 0) return single;
    const sum: Happening = {
      action,
      subject: 'alerts',
      outcome: 'done',
      facts: { more: rest },
      key: `${action}-${now}-rest`,
    };
    return [...single, sum];
  });
}
