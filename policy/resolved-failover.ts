/**
 * What a policy says of failing over: targets, name servers and runbooks, resolved. As in `resolved.ts`: plain data, times
 * in seconds, no secrets but where to find them. A runbook that includes others is flat here: a step of an included one
 * has an id like `shop/promote`.
 */
import type { PostgresSource, ResolvedPlan, ScheduleSettings, SecretRef } from './resolved.ts';
import type { ResolvedCommunication, ResolvedMessage } from './resolved-communication.ts';
import type { PolicyCommand, Severity } from './resolved-proof.ts';

/** The five phases of recovery, in order; reports and tables group steps by them. */
export const recoveryPhases = ['assess', 'prepare', 'execute', 'validate', 'return'] as const;
export type RecoveryPhase = (typeof recoveryPhases)[number];

/** How a runbook is run. Law 9: the mode is data, and each action says what it does in each. */
export const runModes = ['real', 'drill', 'tabletop'] as const;
export type RunMode = (typeof runModes)[number];

export const disasterClasses = ['minor', 'major', 'critical'] as const;
export type DisasterClass = (typeof disasterClasses)[number];

/* ---- what is failed over ---- */

/** A PostgreSQL server that a runbook fences, promotes, rebuilds or asks. */
export type PostgresTarget = Pick<
  PostgresSource,
  'host' | 'port' | 'user' | 'password' | 'ssl' | 'database'
> & {
  kind: 'postgres';
  name: string;
  /** Where it stands; lost with this zone. */
  zone: string;
  /** On the worker of its zone: where it is rebuilt or rewound as a standby. */
  directory?: string;
  /** As whom a standby copies from it. */
  replication?: { user: string; password?: SecretRef };
  /** On a worker of its zone. `stop` ends it for good, also across a restart of its host. */
  stop?: PolicyCommand;
  start?: PolicyCommand;
  /** Cuts it off from whoever writes to it, by a worker of another zone; `undo` gives it back. */
  cutOff?: { zone: string; command: PolicyCommand; undo?: PolicyCommand };
};

/** A name server that takes dynamic updates (RFC 2136), signed by TSIG (RFC 8945). */
export type NameServer = {
  name: string;
  /** Whose worker sends the updates. */
  zone: string;
  host: string;
  port: number;
  /** The DNS zone's apex, `example.org`. */
  domain: string;
  tsig?: { key: string; algorithm: string; secret: SecretRef };
  /** Resolvers, as host:port, that must give the new answer before a step passes; empty: the name server alone. */
  resolvers: string[];
};

export type DnsRecord = { server: NameServer; record: string; type: 'A' | 'AAAA' | 'CNAME' };

/* ---- steps ---- */

/** What every step has. */
export type StepCommon = {
  id: string;
  phase: RecoveryPhase;
  /** Who approves, does or answers for it; absent: the commander. */
  role: string;
  needs: string[];
  /** Whose worker does it. */
  zone: string;
  /** Whether somebody of the role approves before it is done. */
  approve: boolean;
  /** How many different people of the role; absent: one. */
  approvals?: number;
  /** What it is for, in the team's words. */
  say: string;
  /** Seconds that the doing may take. */
  timeout: number;
  /** Seconds between reminders to whoever is waited for. */
  remind: number;
  /** From the third reminder on this role is told as well. */
  escalate?: string;
};

/** A step's action; in a drill `drill` is what it does it to, and without one it touches nothing outside scratch. */
export type StepAction =
  /** The point where people decide; nothing is done. */
  | { do: 'approve' }
  /** A person does it, and says so with evidence. */
  | { do: 'manual' }
  | { do: 'wait'; seconds: number }
  | { do: 'notify'; severity: Severity; roles: string[] }
  /** A message of the communication plan, once somebody approved precisely its text. */
  | { do: 'communicate'; message: ResolvedMessage }
  | {
      do: 'command';
      command: PolicyCommand;
      drill?: PolicyCommand;
      check?: PolicyCommand;
      undo?: PolicyCommand;
    }
  /** Present, whole, decryptable, and restore-tested at most so many seconds ago. */
  | { do: 'backups.verify'; plans: ResolvedPlan[]; tested: number }
  /** The newest proven backup into a database of a target that does not exist there yet. */
  | { do: 'restore'; plan: ResolvedPlan; target: PostgresTarget; database: string; drill?: PostgresTarget }
  /** A standby or the newest proven backup: the person of the role chooses. */
  | ({
      do: 'postgres.recover';
      standby: PostgresTarget;
      plan: ResolvedPlan;
      database: string;
    } & DrilledStandby)
  | { do: 'postgres.fence'; target: PostgresTarget; drill?: PostgresTarget }
  /** `primary` is what it stands by for; its lag is measured against it while it answers. */
  | ({ do: 'postgres.promote'; target: PostgresTarget; primary?: PostgresTarget } & DrilledStandby)
  /** Makes `target` a standby of `primary`: rewound where it can be, else from a new base backup. */
  | {
      do: 'postgres.standby';
      target: PostgresTarget;
      primary: PostgresTarget;
      drill?: { target: PostgresTarget; primary: PostgresTarget };
    }
  | { do: 'dns.update'; of: DnsRecord; value: string; ttl: number; drill?: DnsRecord }
  | { do: 'http.check'; url: string; status: number; contains?: string; within: number; drill?: string }
  /** Queries that answer true. */
  | { do: 'sql.check'; target: PostgresTarget; queries: string[]; within: number; drill?: PostgresTarget }
  | {
      do: 'kubectl';
      deed: KubernetesDeed;
      context?: string;
      kubeconfig?: SecretRef;
      drill?: { context: string };
    };

/** A standby that drills promote; afterwards it follows `drillPrimary` again, and without one it stays promoted. */
export type DrilledStandby = { drill?: PostgresTarget; drillPrimary?: PostgresTarget };

export type KubernetesDeed =
  | { verb: 'apply'; kustomize: string }
  | { verb: 'apply'; file: string }
  | { verb: 'scale'; resource: string; namespace: string; replicas: number }
  | { verb: 'rollout'; resource: string; namespace: string };

export type ResolvedStep = StepCommon & StepAction;
export type ActionName = StepAction['do'];
/** The step whose action has this name. */
export type StepOf<Name extends ActionName> = StepCommon & Extract<StepAction, { do: Name }>;

/* ---- runbooks ---- */

/** restore: what deals with backups. partial: named steps. full: all of them. tabletop: all of them, in words alone. */
export const drillKinds = ['restore', 'partial', 'full', 'tabletop'] as const;
export type DrillKind = (typeof drillKinds)[number];

/** Something that goes wrong in a drill, because its owner chose so. */
export type Surprise =
  /** The step's first attempt fails without being made. */
  | { step: string; what: 'fail' }
  /** This person does not answer: what they say is refused. */
  | { person: string; what: 'absent' };

/** A rehearsal that comes again and again. */
export type DrillRule = {
  name: string;
  kind: DrillKind;
  mode: Exclude<RunMode, 'real'>;
  schedule: ScheduleSettings;
  /** Seconds before it that those concerned are told; and once more a day before. */
  notice: number;
  /** Who declares it, chooses surprises, and answers for what follows. */
  owner: string;
  /** What should come out, written beforehand. */
  expect: string[];
  inject: Surprise[];
  /** The steps that it rehearses; absent: all. */
  steps?: string[];
};

export type ResolvedRunbook = {
  format: 1;
  name: string;
  /**
   * SHA-256 of its canonical JSON without this field, `policyHash`, `preflight`, `drills` and `communication`, also of its
   * plans: what does the same has the same version.
   */
  version: string;
  /** SHA-256 of the policy file. */
  policyHash: string;
  organization: string;
  timezone: string;
  say: string;
  class: DisasterClass;
  tier?: { name: string; rpo: number; rto: number };
  /** Zones whose loss it recovers from: no step runs there. Empty for a failback. */
  lost: string[];
  /** Whose worker orchestrates. */
  zone: string;
  /** Sources that it fails over: one run at a time for each. */
  protects: string[];
  /** The role that leads. */
  commander: string;
  /** Of real runs, and of drills. */
  signatures: { real: 'signed' | 'named'; drill: 'signed' | 'named' };
  /** Seconds between the end of a real run and the start of the next one. */
  cooldown: number;
  /** When it is checked without effect; absent: on demand alone. */
  preflight?: ScheduleSettings;
  drills: DrillRule[];
  /** What people may be told, and how; absent: no plan. */
  communication?: ResolvedCommunication;
  /** In an order in which each comes after what it needs. */
  steps: ResolvedStep[];
};
