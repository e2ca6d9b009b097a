import type { StepCommon } from '../../policy/resolved-failover.ts';
import type { StepRun } from '../../workflows/contract-failover-steps.ts';

/** What every step has, with nothing special in it. */
export const aStep = (id: string, of: Partial<StepCommon> = {}): StepCommon => ({
  id,
  phase: 'execute',
  role: 'commander',
  needs: [],
  zone: 'fra',
  approve: false,
  say: '',
  timeout: 60,
  remind: 900,
  ...of,
});

/** A run that asks a worker for a step. */
export const aRun = (of: Partial<StepRun> = {}): StepRun => ({
  workflowId: 'failover/shop',
  runId: '0d5b8c52-6f0e-4f4b-9d1c-2f0e5a1b7c3d',
  runbook: 'shop',
  mode: 'real',
  declaredAt: '2026-11-21T12:00:00.000Z',
  lost: ['ams'],
  degraded: false,
  results: {},
  chosen: null,
  signers: [],
  ...of,
});
