import type { Command } from 'commander';
import type { Act } from '../act.ts';

/** A first word of the command line. Its file is loaded when it is called: the program starts with what it needs. */
export type Entry = {
  name: string;
  /** Its options and arguments, as the program's help shows them. */
  takes?: string;
  description: string;
  /** Gives what declares the rest of the command. */
  load(): Promise<(command: Command, act: Act) => void>;
};

/** Every command, in the order in which help lists them. */
export const commands: readonly Entry[] = [
  {
    name: 'init',
    takes: '[options]',
    description: 'write a commented policy to start from, or a runbook into one that exists',
    load: async () => (await import('./init.ts')).addInit,
  },
  {
    name: 'validate',
    takes: '[options]',
    description: 'check the policy: every problem with its line, then where it is weak',
    load: async () => (await import('./validate.ts')).addValidate,
  },
  {
    name: 'doctor',
    takes: '[options]',
    description: 'examine Temporal and, on the worker of each zone, tools, sources, keys and repositories',
    load: async () => (await import('./doctor.ts')).addDoctor,
  },
  {
    name: 'plan',
    takes: '[options]',
    description: 'show what apply would change in Temporal; change nothing',
    load: async () => (await import('./plan.ts')).addPlan,
  },
  {
    name: 'apply',
    takes: '[options]',
    description:
      'make the Schedules in Temporal equal to the policy, and lay the policy down in its repositories',
    load: async () => (await import('./apply.ts')).addApply,
  },
  {
    name: 'worker',
    takes: '[options]',
    description: 'work for a zone: make, verify and restore its backups. Needs no policy file',
    load: async () => (await import('./worker.ts')).addWorker,
  },
  {
    name: 'dev',
    takes: '[options]',
    description:
      'everything in one place: an embedded Temporal server with its Web UI, and a worker for each zone',
    load: async () => (await import('./dev.ts')).addDev,
  },
  {
    name: 'status',
    takes: '[options]',
    description: 'show on one screen what is protected, how fresh and proven it is, and what is wrong',
    load: async () => (await import('./status.ts')).addStatus,
  },
  {
    name: 'alerts',
    description: 'show what is wrong now, and try whether messages arrive',
    load: async () => (await import('./alerts.ts')).addAlerts,
  },
  {
    name: 'backup',
    description: 'make, list, show, verify and hold backups',
    load: async () => (await import('./backup.ts')).addBackup,
  },
  {
    name: 'restore',
    takes: '[options] <backup>',
    description: 'restore a backup into an isolated scratch place, compare it exactly, and destroy the place',
    load: async () => (await import('./restore.ts')).addRestore,
  },
  {
    name: 'restore-test',
    description: 'prove that backups restore: restored, compared, checked, and reported',
    load: async () => (await import('./restore-test.ts')).addRestoreTest,
  },
  {
    name: 'switch',
    description: 'put a restored database in place of the live one; `restore --switch-into` asks for it',
    load: async () => (await import('./switch.ts')).addSwitch,
  },
  {
    name: 'refresh',
    description: 'make development databases anew from verified backups, trimmed and masked',
    load: async () => (await import('./refresh.ts')).addRefresh,
  },
  {
    name: 'retention',
    description: 'keep, promote and expire backups as the policy says',
    load: async () => (await import('./retention.ts')).addRetention,
  },
  {
    name: 'repository',
    description: 'care for repositories',
    load: async () => (await import('./repository.ts')).addRepository,
  },
  {
    name: 'deletion',
    description: 'delete backups, with the approval of others and after a delay',
    load: async () => (await import('./deletion.ts')).addDeletion,
  },
  {
    name: 'failover',
    description: 'run a runbook: declare, approve, follow, and answer for what fails',
    load: async () => (await import('./failover.ts')).addFailover,
  },
  {
    name: 'drill',
    description: 'rehearse a runbook, and list what was rehearsed; `holdfast drill RUNBOOK` rehearses it',
    load: async () => (await import('./drill.ts')).addDrill,
  },
  {
    name: 'followup',
    description: 'what drills and failovers left to be done: list, note, move, hand on, close, restore',
    load: async () => (await import('./followup.ts')).addFollowUp,
  },
  {
    name: 'recover',
    takes: '[options]',
    description:
      'from a copy of one repository and keys alone: show what can be recovered, and run a runbook',
    load: async () => (await import('./recover.ts')).addRecover,
  },
  {
    name: 'runbook',
    description: 'look at runbooks, check without effect that they could be followed, and print them',
    load: async () => (await import('./runbook.ts')).addRunbook,
  },
  {
    name: 'check',
    description: 'check now what the policy has checked on schedules: the copies, and the health of all',
    load: async () => (await import('./check.ts')).addCheck,
  },
  {
    name: 'audit',
    description: 'read and verify the audit log',
    load: async () => (await import('./audit.ts')).addAudit,
  },
  {
    name: 'evidence',
    description: 'signed reports: what was proven, and whether that can be believed',
    load: async () => (await import('./evidence.ts')).addEvidence,
  },
  {
    name: 'report',
    description: 'what was protected, proven and paid, for those who ask',
    load: async () => (await import('./report.ts')).addReport,
  },
  {
    name: 'completion',
    takes: '<shell>',
    description: 'print a script that completes commands and options in a shell',
    load: async () => (await import('./completion.ts')).addCompletion,
  },
  {
    name: 'schema',
    description: 'print the JSON Schema of the policy, for editors',
    load: async () => (await import('./schema.ts')).addSchema,
  },
];
