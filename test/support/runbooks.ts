import type { Person } from '../../policy/resolved.ts';
import type {
  ResolvedRunbook,
  ResolvedStep,
  RunMode,
  StepAction,
  StepCommon,
} from '../../policy/resolved-failover.ts';
import type { FailoverInput } from '../../workflows/contract-failover.ts';

/** A step with everything that a test does not care about. */
export function step(id: string, action: StepAction, changes: Partial<StepCommon> = {}): ResolvedStep {
  return {
    id,
    phase: 'execute',
    role: 'ops',
    needs: [],
    zone: 'ams',
    approve: false,
    say: '',
    timeout: 60,
    remind: 900,
    ...changes,
    ...action,
  };
}

type CommandAction = Extract<StepAction, { do: 'command' }>;

/** A step that runs a command on the worker of its zone; the same in a drill. */
export const command = (
  id: string,
  run: string[],
  changes: Partial<StepCommon> & Pick<CommandAction, 'undo' | 'drill'> = {},
): ResolvedStep => {
  const { undo, drill = commandOf(run), ...common } = changes;
  const action: CommandAction = { do: 'command', command: commandOf(run), drill };
  return step(id, undo === undefined ? action : { ...action, undo }, common);
};

export const commandOf = (run: string[], timeout = 60) => ({ run, timeout, secrets: {} });

export function runbook(steps: ResolvedStep[], changes: Partial<ResolvedRunbook> = {}): ResolvedRunbook {
  return {
    format: 1,
    name: 'shop-failover',
    version: 'a'.repeat(64),
    policyHash: 'b'.repeat(64),
    organization: 'Example BV',
    timezone: 'Europe/Amsterdam',
    say: 'The primary of the shop is gone',
    class: 'major',
    tier: { name: 'critical', rpo: 3600, rto: 3600 },
    lost: ['fra'],
    zone: 'ams',
    protects: [],
    commander: 'incident-commander',
    signatures: { real: 'named', drill: 'named' },
    cooldown: 0,
    drills: [],
    steps,
    ...changes,
  };
}

/** Two commanders, two of operations, one DBA, and somebody without a role that counts. */
export const people: Person[] = [
  { name: 'commander-1', roles: ['incident-commander'], sshKeys: [] },
  { name: 'commander-2', roles: ['incident-commander'], sshKeys: [] },
  { name: 'ops-1', roles: ['ops'], sshKeys: [] },
  { name: 'ops-2', roles: ['ops'], sshKeys: [] },
  { name: 'dba-1', roles: ['dba'], sshKeys: [] },
  { name: 'intern-1', roles: ['intern'], sshKeys: [] },
];

export function failoverInput(
  book: ResolvedRunbook,
  changes: Partial<FailoverInput> & { mode?: RunMode } = {},
): FailoverInput {
  return {
    organization: book.organization,
    runbook: book,
    mode: 'real',
    person: 'commander-1',
    reason: 'the site is dark',
    people,
    repositories: [],
    signers: [],
    signingKeys: {},
    ...changes,
  };
}
