/** Whom a declaration tells: by the disaster that the policy has for it, else everybody. Pure. */
import type { Announcement } from '../contract-alerts.ts';
import type { FailoverInput } from '../contract-failover.ts';

/** What is announced of a declared run, and to whom. In a rehearsal nobody is woken. */
export function callsOf(
  {
    runbook,
    mode,
    person,
    reason,
    disaster,
  }: Pick<FailoverInput, 'runbook' | 'mode' | 'person' | 'reason' | 'disaster'>,
  { workflowId, prefix }: { workflowId: string; prefix: string },
): Omit<Announcement, 'at'>[] {
  const follow = `Follow it with \`holdfast failover status ${workflowId} --watch\`.`;
  if (disaster === undefined)
    return [
      {
        severity: mode === 'real' ? 'critical' : 'info',
        subject: workflowId,
        sentence: `${prefix}${person} declared ${runbook.name} (${runbook.class}): ${reason}. ${follow}`,
      },
    ];
  const { name, class: grave, severity, roles, tell } = disaster;
  const declared = `${person} declared ${name} (${grave}), runbook ${runbook.name}: ${reason}.`;
  const common = { severity: mode === 'real' ? severity : ('info' as const), subject: workflowId };
  return [
    { ...common, roles, sentence: `${prefix}You are called. ${declared} ${follow}` },
    ...(tell.length === 0
      ? []
      : [{ ...common, roles: tell, sentence: `${prefix}For your information. ${declared} ${follow}` }]),
  ];
}

/**
 * Whom people must call by themselves, because a declared disaster calls nobody where its run reaches no alerts; null where
 * that is not so. In a rehearsal nobody is missed.
 */
export function uncalled({
  mode,
  disaster,
  alertZone,
  people,
}: Pick<FailoverInput, 'mode' | 'disaster' | 'alertZone' | 'people'>): string | null {
  if (mode !== 'real' || disaster === undefined || alertZone !== undefined) return null;
  const holding = (roles: readonly string[]) => {
    const names = people.filter((person) => person.roles.some((role) => roles.includes(role)));
    return `${roles.join(', ')}${names.length === 0 ? '' : ` (${names.map(({ name }) => name).join(', ')})`}`;
  };
  const { name, roles, tell } = disaster;
  const also = tell.length === 0 ? '' : `, and tell ${holding(tell)}`;
  return `Nobody was called for ${name}: this run reaches no alerts. Call ${holding(roles)} yourself${also}.`;
}
