import { describe, expect, it } from '@jest/globals';
import type { CheckedStep } from '../../../../workflows/contract-runbook.ts';
import {
  alertsOf,
  checkMarkdown,
  outcomeOfCheck,
  worstFirst,
} from '../../../../workflows/failover/check-findings.ts';

const found = (
  step: string,
  outcome: CheckedStep['outcome'],
  mode: CheckedStep['mode'] = 'real',
  sentence = `${step} is ${outcome}.`,
): CheckedStep => ({ step, outcome, mode, sentence });

describe('what a check of a runbook comes to', () => {
  it('passes only when everything was looked at and is well', () => {
    expect(outcomeOfCheck([])).toBe('passed');
    expect(outcomeOfCheck([found('dns', 'ok')])).toBe('passed');
    expect(outcomeOfCheck([found('dns', 'ok'), found('web', 'not-checked', 'drill')])).toBe(
      'passed-with-exceptions',
    );
    expect(outcomeOfCheck([found('dns', 'warning')])).toBe('passed-with-exceptions');
    expect(outcomeOfCheck([found('dns', 'warning'), found('web', 'fault', 'drill')])).toBe('failed');
  });

  it('tells the worst first, and once what both modes find alike', () => {
    const findings = worstFirst([
      found('fence', 'ok'),
      found('fence', 'ok', 'drill'),
      found('dns', 'warning'),
      found('dns', 'warning', 'drill', 'Another.'),
      found('web', 'fault', 'drill'),
    ]);
    expect(findings.map(({ step, outcome, mode }) => `${outcome} ${step} ${mode}`)).toEqual([
      'fault web drill',
      'warning dns real',
      'warning dns drill',
      'ok fence real',
    ]);
  });

  it('opens one alert for each step that would fail, critical where the real run would', () => {
    const alerts = alertsOf('shop', [
      found('dns', 'fault', 'real', 'The server is down.'),
      found('dns', 'fault', 'drill', 'The drill record is gone.'),
      found('web', 'fault', 'drill'),
      found('fence', 'warning'),
    ]);
    expect(alerts).toEqual([
      {
        kind: 'runbook-fault',
        subject: 'shop/dns',
        severity: 'critical',
        sentence: 'The step dns of shop would fail now: The server is down. The drill record is gone.',
      },
      expect.objectContaining({ subject: 'shop/web', severity: 'warning' }),
    ]);
  });

  it('shows no more than Temporal does', () => {
    const findings = Array.from({ length: 300 }, (_, index) =>
      found(`step-${index}`, 'fault', 'real', 'x'.repeat(400)),
    );
    const text = checkMarkdown({
      ...{ result: 'failed', runbook: 'shop', version: 'a'.repeat(64), at: '2026-11-21T12:00:00.000Z' },
      findings,
      warnings: [],
    });
    expect(text.length).toBeLessThanOrEqual(18_000);
    expect(text).toMatch(/^### shop, version aaaaaaaa, looked at on 2026-11-21T12:00:00.000Z: failed/);
  });
});
