/** What a worker does with each kind of step: one line for each action. */
import type { ActionName, ResolvedStep, StepOf } from '../../policy/resolved-failover.ts';
import type { StepLook, StepReport, StepRun, StepUndoing } from '../../workflows/contract-failover-steps.ts';
import type { Work } from '../work.ts';
import { backupsVerify } from './backups-verify.ts';
import { command } from './command.ts';
import { communicate } from './communicate.ts';
import { dnsUpdate } from './dns-update.ts';
import { httpCheck } from './http-check.ts';
import { kubernetes } from './kubectl.ts';
import { postgresFence } from './postgres-fence.ts';
import { postgresPromote } from './postgres-promote.ts';
import { postgresRecover } from './postgres-recover.ts';
import { postgresStandby } from './postgres-standby.ts';
import { restore } from './restore.ts';
import { sqlCheck } from './sql-check.ts';
import type { StepWork } from './step-work.ts';
import { byTheRun } from './workflow-steps.ts';

/** A step together with the work of its action. */
export type BoundStep = {
  look(run: StepRun, work: Work): Promise<StepLook>;
  carryOut(run: StepRun, work: Work): Promise<StepReport>;
  check(run: StepRun, work: Work): Promise<StepReport>;
  undo(run: StepRun, work: Work): Promise<StepUndoing>;
};

/** The work of a step's action, bound to the step. */
export function workOf(step: ResolvedStep): BoundStep {
  switch (step.do) {
    case 'approve':
    case 'manual':
    case 'wait':
    case 'notify':
      return bound(byTheRun, step);
    case 'communicate':
      return bound(communicate, step);
    case 'backups.verify':
      return bound(backupsVerify, step);
    case 'command':
      return bound(command, step);
    case 'dns.update':
      return bound(dnsUpdate, step);
    case 'http.check':
      return bound(httpCheck, step);
    case 'postgres.fence':
      return bound(postgresFence, step);
    case 'postgres.promote':
      return bound(postgresPromote, step);
    case 'postgres.standby':
      return bound(postgresStandby, step);
    case 'sql.check':
      return bound(sqlCheck, step);
    case 'postgres.recover':
      return bound(postgresRecover, step);
    case 'restore':
      return bound(restore, step);
    case 'kubectl':
      return bound(kubernetes, step);
  }
}

function bound<Name extends ActionName>(action: StepWork<Name>, step: StepOf<Name>): BoundStep {
  return {
    look: (run, work) => action.look(step, run, work),
    carryOut: (run, work) => action.carryOut(step, run, work),
    check: (run, work) => action.check(step, run, work),
    undo: (run, work) => action.undo(step, run, work),
  };
}
