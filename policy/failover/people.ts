import { type Fault, faultAt } from '../problem.ts';
import type { Sections } from '../schema.ts';
import { stepsOf, type WrittenRunbook } from './written.ts';

/** Roles of which somebody decides or does something in a run, and signs it where it is signed. */
export function decidingRoles(runbook: WrittenRunbook): string[] {
  const deciding = stepsOf(runbook).filter(
    (step) =>
      ['approve', 'manual', 'postgres.recover'].includes(step.do) || ('approve' in step && step.approve),
  );
  return [...new Set([runbook.commander, ...deciding.map(({ role }) => role ?? runbook.commander)])];
}

/** A commander whom nobody is, and people who could not sign what they must decide. Pure. */
export function unableToDecide(
  runbooks: [name: string, runbook: WrittenRunbook][],
  { sections: { people }, commanders }: { sections: Sections; commanders: (name: string) => boolean },
): Fault[] {
  const holders = (role: string) => Object.entries(people).filter(([, { roles }]) => roles.includes(role));
  const unled = runbooks.flatMap(([name, { commander }]) =>
    commanders(name) || holders(commander).length > 0
      ? []
      : [
          faultAt(
            ['runbooks', name],
            `nobody holds the role ${commander}, and so nobody could lead this`,
            'give it to somebody under `people`, or name another role as `commander`',
          ),
        ],
  );
  const told = new Set<string>();
  const keyless = runbooks.flatMap(([name, runbook]) => {
    const { real, drill } = runbook.signatures;
    if (real === 'named' && drill === 'named') return [];
    return decidingRoles(runbook).flatMap((role) =>
      holders(role).flatMap(([person, { sshKeys }]) => {
        if (sshKeys !== undefined || told.has(person)) return [];
        told.add(person);
        return [
          faultAt(
            ['people', person],
            `runbook ${name} is decided with signatures, and this ${role} has no sshKeys to sign with`,
            'name a public key of theirs, or write `signatures: { real: named }` in the runbook',
          ),
        ];
      }),
    );
  });
  return [...unled, ...keyless];
}
