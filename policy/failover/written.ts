import { lookUp } from '../lookup.ts';
import type { DataPath } from '../problem.ts';
import type { Policy, Sections } from '../schema.ts';

export type WrittenRunbook = Policy['runbooks'][string];
/** A step as written, where inclusions are flat. */
export type WrittenStep = Exclude<WrittenRunbook['steps'][number], { do: 'runbook' }>;

type Places = Pick<Sections, 'zones' | 'targets' | 'nameServers'>;

/** The steps of a runbook whose inclusions are flat. */
export function stepsOf({ steps }: Pick<WrittenRunbook, 'steps'>): WrittenStep[] {
  return steps.flatMap((step) => (step.do === 'runbook' ? [] : [step]));
}

/** A step and where it stands. */
export type PlacedStep<Step = WrittenStep> = { step: Step; at: DataPath };

export function placedSteps(name: string, { steps }: WrittenRunbook): PlacedStep[] {
  return steps.flatMap((step, index) =>
    step.do === 'runbook' ? [] : [{ step, at: ['runbooks', name, 'steps', index] }],
  );
}

/** Whether somebody of its role approves a step before it is done; whoever approves a message decides nothing of recovery. */
export function isApproved(step: WrittenStep): boolean {
  if (step.do === 'communicate') return false;
  return step.do === 'approve' || ('approve' in step && (step.approve || step.approvals !== undefined));
}

/** Whether it is only included in others: some parameter has no value of its own. */
export function isPart({ parameters }: WrittenRunbook): boolean {
  return Object.values(parameters).some((parameter) => parameter.default === undefined);
}

/** Whose worker leads a runbook: the zone asked for, else the first not lost that signs, else the first not lost. */
export function leadingZone({ zone, lost }: WrittenRunbook, zones: Policy['zones']): string | undefined {
  const left = Object.keys(zones).filter((name) => !lost.includes(name));
  return zone ?? left.find((name) => lookUp(zones, name)?.signingKey !== undefined) ?? left[0];
}

/** Whose worker does a step; undefined where the policy does not define what that follows from. */
export function zoneOfStep(step: WrittenStep, runbook: WrittenRunbook, places: Places): string | undefined {
  if (step.in !== undefined) return step.in;
  const leading = leadingZone(runbook, places.zones);
  switch (step.do) {
    case 'postgres.fence': {
      const target = lookUp(places.targets, step.target);
      if (target === undefined) return undefined;
      // Where a lost one stands nobody answers: it is cut off from outside, or by somebody's word.
      if (runbook.lost.includes(target.zone)) return target.cutOff?.zone ?? leading;
      return target.stop === undefined ? (target.cutOff?.zone ?? target.zone) : target.zone;
    }
    case 'postgres.promote':
    case 'postgres.standby':
    case 'restore':
    case 'sql.check':
      return lookUp(places.targets, step.target)?.zone;
    case 'postgres.recover':
      return lookUp(places.targets, step.standby)?.zone;
    case 'dns.update': {
      const name = nameServerFor(step, places.nameServers);
      return name === undefined ? undefined : lookUp(places.nameServers, name)?.zone;
    }
    default:
      return leading;
  }
}

/** The name server of a record: the one asked for, else the only one whose domain it is in. */
export function nameServerFor(
  { server, record }: { server?: string | undefined; record: string },
  nameServers: Policy['nameServers'],
): string | undefined {
  if (server !== undefined) return server;
  const fitting = Object.keys(nameServers).filter((name) => {
    const domain = lookUp(nameServers, name)?.domain;
    return domain !== undefined && isWithin(record, domain);
  });
  return fitting.length === 1 ? fitting[0] : undefined;
}

export function isWithin(record: string, domain: string): boolean {
  return record === domain || record.endsWith(`.${domain}`);
}
