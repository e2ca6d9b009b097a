import { decidingRoles, roleOf } from '../failover/people.ts';
import {
  isPart,
  nameServerFor,
  type PlacedStep,
  placedSteps,
  type WrittenRunbook,
  zoneOfStep,
} from '../failover/written.ts';
import { isLocalHost } from '../hosts.ts';
import { lookUp } from '../lookup.ts';
import type { DataPath } from '../problem.ts';
import type { Policy } from '../schema.ts';
import type { Weakness, Weighed } from './weakness.ts';

/** Where a failover hangs by one person, by somebody's word, or by nothing that anybody looks at. */
export function failoverWeaknesses({ written }: Weighed): Weakness[] {
  const runbooks = Object.entries(written.runbooks).filter(([, runbook]) => !isPart(runbook));
  return [
    ...Object.entries(written.targets).flatMap(([name, target]) => unverified(name, target)),
    ...runbooks.flatMap(([name, runbook]) => {
      const steps = placedSteps(name, runbook);
      return [
        ...onePerson(name, runbook, written),
        ...scarce(steps, runbook, written),
        ...trusting(name, runbook),
        ...unchecked(name, steps),
        ...steps.flatMap((placed) => [...byWord(placed, runbook, written), ...withoutUndo(placed)]),
        ...unsigned(steps, written),
      ];
    }),
  ];
}

/** Nobody approves a run that they declared. */
function onePerson(name: string, runbook: WrittenRunbook, { people, communication }: Policy): Weakness[] {
  return decidingRoles(runbook, communication).flatMap((role): Weakness[] => {
    const holders = Object.entries(people).flatMap(([person, { roles }]) =>
      roles.includes(role) ? [person] : [],
    );
    if (holders.length !== 1) return [];
    return [
      {
        id: 'one-person-role',
        severity: 'serious',
        path: ['runbooks', name],
        message: `Only ${holders[0]} holds the role ${role}: when they declare the run, or don't answer, nobody can decide for it.`,
        hint: 'Give the role to somebody else as well.',
      },
    ];
  });
}

/** Steps for which everybody of the role must approve, so that none of them can declare the run. */
function scarce(steps: PlacedStep[], runbook: WrittenRunbook, { people, communication }: Policy): Weakness[] {
  return steps.flatMap(({ step, at }): Weakness[] => {
    const approvals = 'approvals' in step ? step.approvals : undefined;
    if (approvals === undefined || approvals < 2) return [];
    const role = roleOf(step, runbook, communication);
    const holders = Object.values(people).filter(({ roles }) => roles.includes(role));
    if (holders.length !== approvals) return [];
    return [
      {
        id: 'too-few-approvers',
        severity: 'serious',
        path: [...at, 'approvals'],
        message: `All ${approvals} who hold the role ${role} must approve this: when one of them declares the run, or doesn't answer, nobody can do it.`,
        hint: 'Give the role to somebody else as well, or ask for fewer approvals.',
      },
    ];
  });
}

function trusting(name: string, { signatures }: WrittenRunbook): Weakness[] {
  if (signatures.real === 'signed') return [];
  return [
    {
      id: 'unsigned-approvals',
      severity: 'advice',
      path: ['runbooks', name, 'signatures', 'real'],
      message: 'Approvals are not signed: whoever reaches Temporal can approve in the name of others.',
      hint: 'Give each holder of the roles sshKeys, and write `real: signed`.',
    },
  ];
}

const checking = ['http.check', 'sql.check'];

function unchecked(name: string, steps: PlacedStep[]): Weakness[] {
  const looks = ({ step }: PlacedStep) =>
    checking.includes(step.do) || (step.do === 'command' && step.phase === 'validate');
  const changes = ({ step }: PlacedStep) =>
    ['postgres.promote', 'postgres.recover', 'restore'].includes(step.do);
  if (!steps.some(changes) || steps.some(looks)) return [];
  return [
    {
      id: 'unchecked-recovery',
      severity: 'advice',
      path: ['runbooks', name, 'steps'],
      message: 'No step looks whether what was recovered works: a run passes although nobody is served.',
      hint: 'Add a step with do: http.check or sql.check at the end.',
    },
  ];
}

function byWord({ step, at }: PlacedStep, runbook: WrittenRunbook, written: Policy): Weakness[] {
  if (step.do !== 'postgres.fence') return [];
  const zone = zoneOfStep(step, runbook, written);
  const reached = (name: string) => {
    const target = lookUp(written.targets, name);
    const stops = target?.stop !== undefined && zone === target.zone && !runbook.lost.includes(target.zone);
    return stops || (target?.cutOff !== undefined && zone === target.cutOff.zone);
  };
  const { drill } = step;
  return [
    ...(reached(step.target) ? [] : [fencedByWord(at, 'serious', step.target, zone)]),
    ...(drill === undefined || reached(drill.target)
      ? []
      : [fencedByWord([...at, 'drill', 'target'], 'advice', drill.target, zone)]),
  ];
}

function fencedByWord(
  path: DataPath,
  severity: Weakness['severity'],
  target: string,
  zone: string | undefined,
): Weakness {
  return {
    id: 'fenced-by-word',
    severity,
    path,
    message: `Nothing can stop or cut off ${target} from zone ${zone}: that it is dead will be somebody's word.`,
    hint: `Give the target a \`cutOff\`, run in zone ${zone}.`,
  };
}

function withoutUndo({ step, at }: PlacedStep): Weakness[] {
  if (
    step.do !== 'command' ||
    step.undo !== undefined ||
    step.phase === 'assess' ||
    step.phase === 'validate'
  )
    return [];
  return [
    {
      id: 'no-undo',
      severity: 'advice',
      path: at,
      message: 'This command has no `undo`: when the run is aborted, what it did stays.',
      hint: 'Write the command that takes it back as `undo`; one that changes nothing belongs to phase assess or validate.',
    },
  ];
}

/** Once for each name server. */
function unsigned(steps: PlacedStep[], { nameServers }: Policy): Weakness[] {
  const used = new Set(
    steps.flatMap(({ step }) => (step.do === 'dns.update' ? (nameServerFor(step, nameServers) ?? []) : [])),
  );
  return [...used].flatMap((name): Weakness[] => {
    if (lookUp(nameServers, name)?.tsig !== undefined) return [];
    return [
      {
        id: 'unsigned-dns-updates',
        severity: 'serious',
        path: ['nameServers', name],
        message:
          'Updates to this name server are not signed: whoever has the address of a worker can lead your users away.',
        hint: 'Make a key with `tsig-keygen`, give it to the name server, and say under `tsig` where the worker finds it.',
      },
    ];
  });
}

function unverified(name: string, { host, ssl }: Policy['targets'][string]): Weakness[] {
  const mode = typeof ssl === 'object' ? ssl.mode : ssl;
  if (isLocalHost(host) || (mode !== 'disable' && mode !== 'prefer')) return [];
  return [
    {
      id: 'unverified-connection',
      severity: 'advice',
      path: ['targets', name, 'ssl'],
      message: `The connection to this host leaves the machine with ssl ${mode}: it may go unencrypted and to anybody.`,
      hint: 'Use verify-full, with a rootCertificate where the server has a private authority.',
    },
  ];
}
