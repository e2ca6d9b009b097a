import { describe, expect, it } from '@jest/globals';
import { gatherIncidents } from '../../../checks/incidents.ts';
import type { AuditLine } from '../../../workflows/contract-audit.ts';

const period = { name: '2026Q4', from: '2026-10-01T00:00:00Z', to: '2027-01-01T00:00:00Z' };

function line(at: string, changes: Partial<AuditLine> = {}): AuditLine {
  return {
    ...{ id: at, action: 'backup.created', subject: 'shop', outcome: 'done', at },
    ...{ workflowId: 'w', runId: 'r', zone: 'fra', seq: 1, recordedAt: at, worker: 'fra' },
    ...changes,
  };
}

const opened = (at: string, subject = 'shop-daily', kind = 'rpo-exceeded') =>
  line(at, {
    action: 'alert.opened',
    subject,
    reason: 'It is old.',
    facts: { kind, severity: 'critical', observer: 'health' },
  });

const closed = (at: string, subject = 'shop-daily', kind = 'rpo-exceeded') =>
  line(at, { action: 'alert.closed', subject, facts: { kind, severity: 'critical', observer: 'health' } });

function gathered(...lines: AuditLine[]) {
  const gathering = gatherIncidents(period);
  for (const each of lines) gathering.add(each);
  return gathering.found(0);
}

describe('incidents of a period', () => {
  it('are counted by what happened, and listed where it went wrong, newest first', () => {
    const { counts, incidents } = gathered(
      line('2026-10-02T00:00:00Z'),
      line('2026-10-03T00:00:00Z'),
      line('2026-10-04T00:00:00Z', {
        action: 'backup.failed',
        outcome: 'failed',
        reason: 'The disk is full.',
      }),
      line('2026-10-05T00:00:00Z', { action: 'copy.healed' }),
      line('2026-10-06T00:00:00Z', { action: 'deletion.approved', outcome: 'refused' }),
    );
    expect(counts).toEqual({
      'backup.created': 2,
      'backup.failed (failed)': 1,
      'copy.healed': 1,
      'deletion.approved (refused)': 1,
    });
    expect(incidents.map(({ action, sentence }) => [action, sentence])).toEqual([
      ['deletion.approved', null],
      ['copy.healed', null],
      ['backup.failed', 'The disk is full.'],
    ]);
  });

  it('end where the period does, and begin where it does', () => {
    const { counts } = gathered(
      line('2026-09-30T23:59:59Z'),
      line('2026-10-01T00:00:00Z'),
      line('2026-12-31T23:59:59Z'),
      line('2027-01-01T00:00:00Z'),
    );
    expect(counts).toEqual({ 'backup.created': 2 });
  });

  it('are closed by the next closing of the same alert, also after the period', () => {
    const { incidents } = gathered(
      closed('2027-01-02T00:00:00Z'),
      closed('2026-11-03T00:00:00Z'),
      closed('2026-11-02T12:00:00Z', 'shop-daily', 'test-overdue'),
      closed('2026-11-02T13:00:00Z', 'other'),
      opened('2026-11-02T00:00:00Z'),
      opened('2026-12-31T00:00:00Z'),
      opened('2026-12-30T00:00:00Z', 'third'),
      closed('2026-11-01T00:00:00Z'),
    );
    expect(
      incidents.map(({ at, subject, severity, closedAt }) => [at.slice(5, 10), subject, severity, closedAt]),
    ).toEqual([
      ['12-31', 'shop-daily', 'critical', '2027-01-02T00:00:00Z'],
      ['12-30', 'third', 'critical', null],
      ['11-02', 'shop-daily', 'critical', '2026-11-03T00:00:00Z'],
    ]);
  });

  it('count what one entry sums up', () => {
    const { counts, incidents } = gathered(
      opened('2026-11-02T00:00:00Z'),
      line('2026-11-02T00:00:00Z', { action: 'alert.opened', subject: 'alerts', facts: { more: 980 } }),
    );
    expect(counts).toEqual({ 'alert.opened': 981 });
    expect(incidents.map(({ sentence }) => sentence)).toContain('980 more alerts at once.');
  });

  it('beyond 300 are counted and not listed', () => {
    const failures = Array.from({ length: 310 }, (_, index) =>
      line(new Date(Date.parse(period.from) + index * 1000).toISOString(), { outcome: 'failed' }),
    );
    const { incidents, more, counts } = gathered(...failures);
    expect([incidents.length, more, counts['backup.created (failed)']]).toEqual([300, 10, 310]);
    expect(incidents[0]?.at).toBe(failures.at(-1)?.at);
  });
});
