/** What a check of a runbook comes to: its result, its alerts, and the text for the Web UI. Pure. */
import type { Outcome } from '../contract.ts';
import type { AlertFinding } from '../contract-alerts.ts';
import type { PreflightFinding } from '../contract-failover-steps.ts';
import type { CheckedMode, CheckedStep, RunbookCheckResult } from '../contract-runbook.ts';
import { cell } from '../markdown.ts';
import { ancestorsOf, type Node } from './graph.ts';

/** What the look at a step in one mode told. */
export type Look = {
  step: string;
  mode: CheckedMode;
  findings: readonly PreflightFinding[];
  makes?: readonly string[];
};

/**
 * The findings of all looks. What a step lacks and one that it comes after makes, or it makes itself, is not there yet: that
 * is no fault, and proves nothing (law 11).
 */
export function judgedTogether(looks: readonly Look[], steps: readonly Node[]): CheckedStep[] {
  return looks.flatMap(({ step, mode, findings }) => {
    const before = ancestorsOf(step, steps);
    const makers = looks.filter((look) => look.mode === mode && before.has(look.step));
    return findings.map(({ lacks = [], ...finding }): CheckedStep => {
      const made = lacks.map(({ name, key }) => {
        const maker = makers.find(({ makes = [] }) => makes.includes(key));
        return maker === undefined ? null : `${name} is not there yet: ${maker.step} makes it.`;
      });
      const told = made.filter((sentence) => sentence !== null);
      return lacks.length === 0 || told.length < lacks.length
        ? { ...finding, mode }
        : { ...finding, mode, outcome: 'not-checked', sentence: told.join(' ') };
    });
  });
}

const ranks: Record<PreflightFinding['outcome'], number> = { fault: 0, warning: 1, 'not-checked': 2, ok: 3 };

/** The worst first, and otherwise as they are; what both modes find alike is told once, of the real one. */
export function worstFirst(findings: readonly CheckedStep[]): CheckedStep[] {
  const same = (one: CheckedStep, other: CheckedStep): boolean =>
    one.step === other.step && one.outcome === other.outcome && one.sentence === other.sentence;
  const once = findings.filter(
    (finding) =>
      finding.mode === 'real' || !findings.some((other) => other.mode === 'real' && same(finding, other)),
  );
  return once.toSorted((one, other) => ranks[one.outcome] - ranks[other.outcome]);
}

/** Law 11: what was not checked has not passed. */
export function outcomeOfCheck(findings: readonly CheckedStep[]): Outcome {
  if (findings.some(({ outcome }) => outcome === 'fault')) return 'failed';
  return findings.some(({ outcome }) => outcome !== 'ok') ? 'passed-with-exceptions' : 'passed';
}

/** One alert for each step that could not be done now: critical where it is the real thing that would fail. */
export function alertsOf(runbook: string, findings: readonly CheckedStep[]): AlertFinding[] {
  const faults = findings.filter(({ outcome }) => outcome === 'fault');
  const steps = [...new Set(faults.map(({ step }) => step))];
  return steps.map((step) => {
    const ofStep = faults.filter((each) => each.step === step);
    const real = ofStep.some(({ mode }) => mode === 'real');
    const said = ofStep.map(({ sentence }) => sentence).join(' ');
    return {
      kind: 'runbook-fault',
      subject: `${runbook}/${step}`,
      severity: real ? 'critical' : 'warning',
      sentence: `The step ${step} of ${runbook} would fail ${real ? 'now' : 'in a drill'}: ${said}`.slice(
        0,
        2000,
      ),
    };
  });
}

/** Temporal shows some 20 KB. */
const limit = 18_000;
const shown = 60;

export function checkMarkdown({ runbook, version, at, result, findings }: RunbookCheckResult): string {
  const rows = findings
    .slice(0, shown)
    .map(
      ({ outcome, step, mode, sentence }) => `| ${[outcome, step, mode, sentence].map(cell).join(' | ')} |`,
    );
  return [
    `### ${runbook}, version ${version.slice(0, 8)}, looked at on ${at}: ${result}`,
    '',
    ...(rows.length === 0
      ? ['No step is done by a worker.']
      : ['| | step | mode | |', '| --- | --- | --- | --- |', ...rows]),
    ...(findings.length > shown ? ['', `And ${findings.length - shown} more.`] : []),
  ]
    .join('\n')
    .slice(0, limit);
}
