import { describe, expect, it } from '@jest/globals';
import { type Due, lastDueIn } from '../../../checks/due.ts';

const lastDue = (timezone: string, cron: string, before: string): Record<keyof Due, string> | null => {
  const due = lastDueIn(timezone)(cron, new Date(before));
  const text = (at: Date) => at.toISOString().replace(':00.000Z', 'Z');
  return due === null ? null : { at: text(due.at), from: text(due.from) };
};

const at = (text: string) => ({ at: text, from: text });

describe('what was due last', () => {
  it('is in the time zone of the policy, and due from its minute on', () => {
    const amsterdam = (before: string) => lastDue('Europe/Amsterdam', '0 2 * * *', before);
    expect(amsterdam('2026-11-21T01:00:01Z')).toEqual(at('2026-11-21T01:00Z'));
    expect(amsterdam('2026-11-21T01:00:00Z')).toEqual(at('2026-11-20T01:00Z'));
    expect(amsterdam('2026-07-21T01:00:00Z')).toEqual(at('2026-07-21T00:00Z'));
    expect(lastDue('UTC', '0 0 1 1 *', '2027-01-01T00:00:30Z')).toEqual(at('2027-01-01T00:00Z'));
  });

  it('was due yesterday, until it is sure which of two times a repeated hour stands for', () => {
    const night = (before: string) => lastDue('Europe/Amsterdam', '30 2 * * *', before);
    // Clocks are set back on 25 October 2026 at 01:00 UTC: 02:30 is at 00:30 and at 01:30.
    for (const before of ['00:31', '01:10', '01:29'])
      expect(night(`2026-10-25T${before}:00Z`)).toEqual(at('2026-10-24T00:30Z'));
    const [day, from] = ['2026-10-25T00:30Z', '2026-10-24T23:30Z'];
    for (const before of ['01:31', '05:00', '23:00']) {
      const due = night(`2026-10-25T${before}:00Z`);
      expect(due).not.toBeNull();
      expect([day, '2026-10-25T01:30Z']).toContain(due?.at);
      expect(Date.parse(due?.from ?? '')).toBeGreaterThanOrEqual(Date.parse(from));
      expect(Date.parse(due?.from ?? '')).toBeLessThanOrEqual(Date.parse(day));
    }
    expect(night('2026-10-26T02:00:00Z')).toEqual(at('2026-10-26T01:30Z'));
  });

  it('of a time that a skipped hour takes is due by the time at which it runs in its place', () => {
    const night = (before: string) => lastDue('Europe/Amsterdam', '30 2 * * *', before);
    // Clocks are set on 28 March 2027 at 01:00 UTC: 02:30 is 03:30, at 01:30.
    for (const before of ['00:59', '01:20', '01:29'])
      expect(night(`2027-03-28T${before}:00Z`)).toEqual(at('2027-03-27T01:30Z'));
    const due = night('2027-03-28T03:00:00Z');
    expect(Date.parse(due?.from ?? '')).toBeLessThanOrEqual(Date.parse('2027-03-28T01:30Z'));
    expect(Date.parse(due?.at ?? '')).toBeGreaterThanOrEqual(Date.parse('2027-03-28T00:30Z'));
  });

  it('was never due where no such day was', () => {
    expect(lastDue('UTC', '0 0 30 2 *', '2026-11-21T00:00:00Z')).toBeNull();
  });
});
