import { formatDuration } from '../policy/units.ts';
import type { ChecksInput } from '../workflows/contract-checks.ts';
import { longestInterval } from './due.ts';
import type { Known } from './health.ts';
import { secondsBetween, type Weighed } from './weighed.ts';

/** When each air-gapped repository was filled last, as the online ones remember: itself it lies in a safe. */
export function weighAirgaps(input: ChecksInput, zones: readonly Known[], now: Date): Weighed {
  const weighed: Weighed = { findings: [], unchecked: [] };
  const used = new Set(input.plans.flatMap(({ airgapped }) => airgapped));
  for (const { name, manual } of input.repositories) {
    if (manual === undefined || !used.has(name)) continue;
    const told = zones.flatMap(({ facts }) => facts?.fillings ?? []).filter((f) => f.repository === name);
    const filled = told.reduce<string | null>(
      (newest, { at }) => (at !== null && (newest === null || at > newest) ? at : newest),
      null,
    );
    const age = filled === null ? null : secondsBetween(filled, now);
    const longest = longestInterval(manual.schedule.cron);
    if (age !== null && age <= longest + manual.patience + manual.schedule.deadline) continue;
    const unread = told.find(({ unreadable }) => unreadable !== null);
    const silent = zones.some(({ facts }) => facts === null);
    if (unread !== undefined || silent) {
      const sentence = `When ${name} was filled last is not known: ${unread?.unreadable ?? 'a zone that may remember it did not answer.'}`;
      weighed.unchecked.push({ subject: name, sentence, explained: true });
      continue;
    }
    const when = age === null ? 'was never filled' : `was filled last ${formatDuration(age)} ago`;
    weighed.findings.push({
      kind: 'airgap-overdue',
      subject: name,
      severity: 'warning',
      sentence: `The air-gapped repository ${name} ${when}, and ${manual.role} is to attach it every ${formatDuration(longest)}. Run \`holdfast repository fill ${name}\`.`,
      roles: [manual.role],
    });
  }
  return weighed;
}
