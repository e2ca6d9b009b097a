import { describe, expect, it } from '@jest/globals';
import { judged } from '../../../cli/drills-judged.ts';
import type { AlertFinding } from '../../../workflows/contract-alerts.ts';

const at = '2026-12-01T09:07:00.000Z';
const now = Date.parse('2026-12-01T10:30:00.000Z');
const overdue: AlertFinding = {
  ...{ kind: 'drill-overdue', subject: 'shop/monthly', severity: 'warning' },
  sentence: 'The drill monthly of shop was not held.',
};

describe('what is wrong with drills', () => {
  it('is what the last look found', () => {
    expect(judged({ at, findings: [overdue] }, new Date(0), now)).toEqual({
      findings: [overdue],
      unchecked: [],
    });
  });

  it('is unknown when nobody looks any more, or has looked yet although it is time', () => {
    const later = now + 3_600_000;
    expect(judged({ at, findings: [overdue] }, new Date(0), later)).toMatchObject({
      findings: [overdue],
      unchecked: [{ subject: 'drills', sentence: expect.stringContaining(`looked last at ${at}`) }],
    });
    expect(judged(null, new Date(0), now)).toMatchObject({
      unchecked: [{ sentence: expect.stringContaining('nobody has looked yet') }],
    });
    expect(judged(null, null, now)).toMatchObject({ unchecked: [{ subject: 'drills' }] });
  });

  it('is nothing while the first look is still to come', () => {
    expect(judged(null, new Date(now - 600_000), now)).toEqual({ findings: [], unchecked: [] });
  });
});
