import type { AlertFinding } from './contract-alerts.ts';
import type { RestoreTestInput, RestoreTestResult } from './contract-restore-test.ts';
import { reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';
import { isFaultOfTheCopy, type Tested, verdictOfAttempts } from './restore-test-verdict.ts';
import { shortened } from './shortened.ts';

/** What one observer of a restore test finds; what it does not find any more is cured. */
type Observed = { observer: string; findings: AlertFinding[] };

/**
 * What is to be told of a test. Pure. Whoever looked at nothing finds nothing out: a test that could not be made neither
 * opens nor cures the alert of an earlier one, and a copy's alert is left to the next test of that copy.
 */
export function observationsOf(
  plan: string,
  { attempts, exceptions }: Pick<Tested, 'attempts' | 'exceptions'>,
  healed: RestoreTestResult['healed'],
): Observed[] {
  const verdict = verdictOfAttempts(attempts);
  const why = attempts.flatMap(({ repository, reason }) =>
    reason === null ? [] : [`${repository}: ${reason.sentence}`],
  );
  const observed: Observed[] = attempts
    .filter((attempt) => attempt.verdict !== 'untested')
    .map(({ repository, reason }) => ({
      observer: `restore-test/${plan}/${repository}`,
      findings:
        reason === null || !isFaultOfTheCopy(reason) || isHealed(healed, repository)
          ? []
          : [
              finding(
                'copy-corrupt',
                `${repository}/${plan}`,
                `A copy is not what was backed up. ${reason.sentence}`,
              ),
            ],
    }));
  observed.push({
    observer: `restore-test/${plan}/possible`,
    findings:
      verdict === 'untested'
        ? [
            finding(
              'test-impossible',
              plan,
              `The backups of ${plan} could not be tested, because ${[...why, ...exceptions].join(' ')}`,
            ),
          ]
        : [],
  });
  if (verdict !== 'untested')
    observed.push({
      observer: `restore-test/${plan}`,
      findings:
        verdict === 'disproven'
          ? [finding('test-failed', plan, `The restore test of ${plan} failed. ${why.join(' ')}`)]
          : [],
    });
  return observed;
}

const isHealed = (healed: RestoreTestResult['healed'], repository: string): boolean =>
  healed.some((each) => each.repository === repository && each.outcome === 'healed');

function finding(
  kind: 'copy-corrupt' | 'test-failed' | 'test-impossible',
  subject: string,
  said: string,
): AlertFinding {
  const severity = kind === 'test-impossible' ? 'warning' : 'critical';
  return { kind, subject, severity, sentence: shortened(said, 2000) };
}

/** Tells the alerts of the policy; a sentence when they could not be told, which fails no test. */
export async function tellFindings(
  { plan }: RestoreTestInput,
  tested: Tested,
  healed: RestoreTestResult['healed'],
): Promise<string | null> {
  const zone = plan.alertZone;
  if (zone === undefined) return null;
  const at = new Date(Date.now()).toISOString();
  const work = activitiesIn(zone, { within: 120, attempts: 3, patience: patient });
  try {
    for (const observed of observationsOf(plan.name, tested, healed))
      await work.tellAlerts({ zone, observation: { ...observed, at } });
    return null;
  } catch (error) {
    return `Nobody could be alerted: ${reasonOf(error).sentence}`;
  }
}
