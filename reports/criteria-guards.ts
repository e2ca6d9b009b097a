/** What the policy shows of approvals, the log and alerts. Pure. */
import type { ComplianceFacts } from './criteria.ts';
import { type Judged, share } from './criteria-judged.ts';

export function guardedDeletion({ policy: { deletion } }: ComplianceFacts): Judged {
  const { approvals, delay, signatures } = deletion;
  const sentence = `A deletion takes ${approvals} approvals (${signatures}), and a delay of ${Math.round(delay / 3600)} hours.`;
  const strong = approvals > 1 && signatures === 'signed' && delay > 0;
  return { holds: strong ? 'yes' : 'in-part', sentence };
}

export function signedApprovals({ policy }: ComplianceFacts): Judged {
  const rules = [
    policy.deletion.signatures,
    ...Object.values(policy.runbooks).map((each) => each.signatures.real),
  ];
  const have = rules.filter((each) => each === 'signed').length;
  return share(
    have,
    rules.length,
    `${have} of ${rules.length} rules want approvals signed with a person's key.`,
  );
}

export function audited({ policy: { audit }, weaknesses }: ComplianceFacts): Judged {
  if (audit === undefined) return { holds: 'no', sentence: 'No audit log is kept.' };
  const open = weaknesses.includes('audit-not-write-once');
  return open
    ? { holds: 'in-part', sentence: 'An audit log is kept, and could be removed: it is not write-once.' }
    : { holds: 'yes', sentence: 'What happens is recorded in a write-once log with signed heads.' };
}

export function alerted({ policy: { notifications }, weaknesses }: ComplianceFacts): Judged {
  if (notifications.channels.length === 0 || weaknesses.includes('nobody-alerted'))
    return { holds: 'no', sentence: 'Nobody is told when something goes wrong.' };
  if (weaknesses.includes('critical-not-routed'))
    return { holds: 'in-part', sentence: 'Some critical alerts reach nobody.' };
  return { holds: 'yes', sentence: `Alerts go to ${notifications.channels.length} channels.` };
}

/** A message to the authority that is written before it is needed, and when it must be out. */
export function regulatorMessage({ policy }: ComplianceFacts): Judged {
  const all = Object.values(policy.runbooks);
  const ready = ({ communication }: (typeof all)[number]) =>
    communication?.messages.some(({ audience }) => audience === 'regulator') ?? false;
  const have = all.filter(ready).length;
  return share(have, all.length, `${have} of ${all.length} runbooks have a message to the regulator ready.`);
}
