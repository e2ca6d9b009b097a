import type { ResolvedPlan } from '../policy/resolved.ts';
import type { Happening } from './audit.ts';
import type { Taken } from './backup.ts';
import type { Reason } from './contract.ts';

/** What the audit log is told of a backup that was made: the backup, and each copy that was filled from a good one. */
export function created(
  { manifest, hash, committed, missing: late }: Taken,
  missing: ReadonlyMap<string, Reason>,
  person: string | undefined,
): Happening[] {
  const subject = `${manifest.source}/${manifest.backupId}`;
  const common = { subject, outcome: 'done', person, hash } as const;
  const filled = [...late].filter(([repository]) => !missing.has(repository));
  return [
    {
      ...common,
      action: 'backup.created',
      facts: {
        plan: manifest.plan,
        copies: committed.join(', '),
        bytes: manifest.files.reduce((sum, file) => sum + file.bytes, 0),
      },
    },
    ...filled.map(
      ([repository, { sentence }]): Happening => ({
        ...common,
        action: 'copy.filled',
        reason: sentence,
        facts: { repository },
      }),
    ),
  ];
}

/** What the audit log is told of a run that made no backup. */
export function notCreated(plan: ResolvedPlan, reason: Reason, person: string | undefined): Happening {
  return {
    action: 'backup.failed',
    subject: plan.source.name,
    outcome: 'failed',
    person,
    reason: reason.sentence,
    facts: { plan: plan.name, code: reason.code },
  };
}
