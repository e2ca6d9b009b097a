import { type Fault, faultAt } from '../problem.ts';
import type { Policy, Sections } from '../schema.ts';
import { approverOf } from './messages.ts';
import { isApproved, placedSteps, stepsOf, type WrittenRunbook, type WrittenStep } from './written.ts';

/** Roles of which somebody decides or does something in a run, and signs it where it is signed. */
export function decidingRoles(runbook: WrittenRunbook, communication: Communication): string[] {
  const deciding = stepsOf(runbook).filter(
    (step) =>
      step.do === 'manual' || step.do === 'postgres.recover' || step.do === 'communicate' || isApproved(step),
  );
  const roles = deciding.map((step) => roleOf(step, runbook, communication));
  return [...new Set([runbook.commander, ...roles])];
}

type Communication = Policy['communication'];

/** Whose a step is: its role, else the commander's; that of a message, else that of the plan. */
export function roleOf(
  step: WrittenStep,
  { commander }: WrittenRunbook,
  communication: Communication,
): string {
  return step.do === 'communicate' ? approverOf(step, communication) : (step.role ?? commander);
}

/** A commander whom nobody is, and people who could not sign what they must decide. Pure. */
export function unableToDecide(
  runbooks: [name: string, runbook: WrittenRunbook][],
  {
    sections: { people },
    communication,
    commanders,
  }: { sections: Sections; communication: Communication; commanders: (name: string) => boolean },
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
  // Messages are also sent on demand, in any run.
  const speaking =
    communication === undefined
      ? []
      : Object.values(communication.messages).map(({ role }) => role ?? communication.role);
  const told = new Set<string>();
  const keyless = runbooks.flatMap(([name, runbook]) => {
    const { real, drill } = runbook.signatures;
    if (real === 'named' && drill === 'named') return [];
    return [...new Set([...decidingRoles(runbook, communication), ...speaking])].flatMap((role) =>
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
  return [
    ...unled,
    ...keyless,
    ...runbooks.flatMap(([name, runbook]) =>
      unapprovable(name, runbook, communication, (role) => holders(role).length),
    ),
  ];
}

/** Steps that ask for more people than hold the role, and choices that several would make. */
function unapprovable(
  name: string,
  runbook: WrittenRunbook,
  communication: Communication,
  count: (role: string) => number,
): Fault[] {
  return placedSteps(name, runbook).flatMap(({ step, at }) => {
    const approvals = 'approvals' in step ? step.approvals : undefined;
    if (approvals === undefined) return [];
    if (step.do === 'postgres.recover' && approvals > 1)
      return [
        faultAt(
          [...at, 'approvals'],
          'a choice is made by one person',
          'have it need a step with do: approve that asks for so many',
        ),
      ];
    const role = roleOf(step, runbook, communication);
    const held = count(role);
    if (held === 0 || held >= approvals) return [];
    return [
      faultAt(
        [...at, 'approvals'],
        `${approvals} must approve and ${held} ${held === 1 ? 'holds' : 'hold'} role ${role}: this step could never be approved`,
        `give the role ${role} to more people, or ask for fewer approvals`,
      ),
    ];
  });
}
