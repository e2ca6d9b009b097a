import { describe, expect, it } from '@jest/globals';
import type { Thing } from '../../../../workflows/contract-failover-steps.ts';
import type { CheckedStep } from '../../../../workflows/contract-runbook.ts';
import {
  alertsOf,
  checkMarkdown,
  judgedTogether,
  type Look,
  outcomeOfCheck,
  worstFirst,
} from '../../../../workflows/failover/check-findings.ts';

const found = (
  step: string,
  outcome: CheckedStep['outcome'],
  mode: CheckedStep['mode'] = 'real',
  sentence = `${step} is ${outcome}.`,
): CheckedStep => ({ step, outcome, mode, sentence });

describe('what an earlier step makes', () => {
  const steps = [
    { id: 'deploy', needs: [] },
    { id: 'scale', needs: ['deploy'] },
    { id: 'wait', needs: ['scale'] },
    { id: 'beside', needs: [] },
  ];
  const [web, database] = ['deployments.apps "web"', 'the database shop'].map((name) => ({
    name,
    key: name,
  }));
  if (web === undefined || database === undefined) throw new Error('two things');
  const lacking = (step: string, lacks: Thing[], mode: CheckedStep['mode'] = 'real'): Look => ({
    step,
    mode,
    findings: [{ step, outcome: 'fault', sentence: 'It is not there.', lacks }],
  });
  const maker = { step: 'deploy', mode: 'real' as const, findings: [], makes: [web.key] };
  const judged = (...looks: Look[]) => judgedTogether([maker, ...looks], steps);

  it('is not there yet, for whatever comes after it, and that is no fault', () => {
    expect(judged(lacking('wait', [web]))).toEqual([
      {
        ...{ step: 'wait', mode: 'real', outcome: 'not-checked' },
        sentence: 'deployments.apps "web" is not there yet: deploy makes it.',
      },
    ]);
  });

  it.each<[string, Look]>([
    ['does not come after it', lacking('beside', [web])],
    ['lacks something else as well', lacking('wait', [web, database])],
    ['is looked at in another mode', lacking('wait', [web], 'drill')],
  ])('is a fault for what %s', (_, look) => {
    expect(judged(look)).toMatchObject([{ outcome: 'fault', sentence: 'It is not there.' }]);
    expect(judged(look)[0]).not.toHaveProperty('lacks');
  });

  it('may be made by the step itself', () => {
    const own = { ...lacking('deploy', [database]), makes: [database.key] };
    expect(judgedTogether([own], steps)).toMatchObject([{ outcome: 'not-checked' }]);
  });
});

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
