import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { addAlerts } from './alerts.ts';
import { addApply } from './apply.ts';
import { addAudit } from './audit.ts';
import { addBackup } from './backup.ts';
import { addCheck } from './check.ts';
import { addCompletion } from './completion.ts';
import { addDeletion } from './deletion.ts';
import { addDev } from './dev.ts';
import { addDoctor } from './doctor.ts';
import { addDrill } from './drill.ts';
import { addEvidence } from './evidence.ts';
import { addFailover } from './failover.ts';
import { addFollowUp } from './followup.ts';
import { addInit } from './init.ts';
import { addPlan } from './plan.ts';
import { addRecover } from './recover.ts';
import { addRefresh } from './refresh.ts';
import { addReport } from './report.ts';
import { addRepository } from './repository.ts';
import { addRestore } from './restore.ts';
import { addRestoreTest } from './restore-test.ts';
import { addRetention } from './retention.ts';
import { addRunbook } from './runbook.ts';
import { addSchema } from './schema.ts';
import { addStatus } from './status.ts';
import { addSwitch } from './switch.ts';
import { addValidate } from './validate.ts';
import { addWorker } from './worker.ts';

/** Every command, in the order in which help lists them. */
export const commands: readonly ((program: Command, act: Act) => void)[] = [
  addInit,
  addValidate,
  addDoctor,
  addPlan,
  addApply,
  addWorker,
  addDev,
  addStatus,
  addAlerts,
  addBackup,
  addRestore,
  addRestoreTest,
  addSwitch,
  addRefresh,
  addRetention,
  addRepository,
  addDeletion,
  addFailover,
  addDrill,
  addFollowUp,
  addRecover,
  addRunbook,
  addCheck,
  addAudit,
  addEvidence,
  addReport,
  addCompletion,
  addSchema,
];
