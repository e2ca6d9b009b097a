import type { ResolvedPolicy, ResolvedService } from '../../policy/resolved.ts';
import type { ResolvedRunbook } from '../../policy/resolved-failover.ts';
import type { Contact } from '../../reports/bcp-facts.ts';

/** Who is asked when the service is down, and what for: its owner first, then those who lead, decide and do. */
export function contactsOf(
  { people }: ResolvedPolicy,
  { owner, contacts }: ResolvedService,
  runbooks: readonly ResolvedRunbook[],
): Contact[] {
  const leading = new Set(runbooks.map(({ commander }) => commander));
  const working = new Map<string, Set<string>>();
  for (const { name, steps } of runbooks)
    for (const { role } of steps) working.set(role, (working.get(role) ?? new Set()).add(name));
  const found = people.flatMap(({ name, email, roles }): Contact[] => {
    const why = [
      ...(name === owner ? ['answers for it'] : []),
      ...roles.filter((role) => leading.has(role)).map((role) => `leads (${role})`),
      ...roles.flatMap((role) => {
        const named = working.get(role);
        return named === undefined || leading.has(role) ? [] : [`${role} in ${[...named].join(', ')}`];
      }),
      ...(contacts.includes(name) ? ['named as a contact'] : []),
    ];
    return why.length === 0 ? [] : [{ person: name, email: email ?? null, roles, why }];
  });
  return found.sort((a, b) => Number(b.person === owner) - Number(a.person === owner));
}
