import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { LoadedPolicy } from '../../policy/index.ts';
import type { AuditTarget, ResolvedPlan, ResolvedPolicy } from '../../policy/resolved.ts';
import { run } from '../../process/index.ts';
import { createLog, createZoneWorkers, installRuntime } from '../../workers/index.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { BackupResult } from '../../workflows/contract-backup.ts';
import type { BackupRef } from '../../workflows/contract-verify.ts';
import { openLab } from '../lab/lab.ts';
import { startPostgres, startTemporal } from '../servers/index.ts';
import { toolPath } from '../servers/toolbox.ts';
import { recordedAirgaps } from './airgap.ts';
import { recordedAlerts, startListener, watchedPlan, watchedRetentions } from './alerts.ts';
import { openArchive } from './archive.ts';
import { recordedAuditReports } from './audit-report.ts';
import { recordedChecks } from './checks.ts';
import { recordedDeletions } from './deletion.ts';
import { recordedDrillWatch, recordedFollowUps } from './drills.ts';
import { recordedEvidence } from './evidence.ts';
import { recordedFailovers, recordedProtection } from './failover.ts';
import { neutralHistory } from './neutral.ts';
import { preparePolicy } from './policy.ts';
import { recordedRestoreTests } from './restore-test.ts';
import { recordedHolds, recordedRetentions } from './retention.ts';
import { recordedRunbookChecks } from './runbook.ts';
import { recordedRefreshes, recordedSwitches, replaceablePlan } from './switch.ts';

/**
 * Records real histories of every workflow into test/histories, for the replay test. Run it after a change to
 * workflow code that is meant to break old histories, and say in the commit why running workflows survive it. With
 * names (`npm run histories -- lifecycle`) only those are written.
 */
const target = join(import.meta.dirname, '..', '..', '..', 'test', 'histories');

const wanted = process.argv.slice(2);

const log = createLog({ zone: 'fra', level: 'error' });
installRuntime(log);
const [temporal, postgres, lab] = await Promise.all([
  startTemporal(),
  startPostgres({ major: 15 }),
  openLab(),
]);
const native = await NativeConnection.connect({ address: temporal.address });
const connection = await Connection.connect({ address: temporal.address });
const client = new Client({ connection });
const zones = await Promise.all(
  ['fra', 'ams'].map((zone) => createZoneWorkers({ zone, connection: native, namespace: 'default', log })),
);
const workers = zones.flat();
const running = workers.map((worker) => worker.run());
try {
  await mkdir(target, { recursive: true });
  await recordAll(await preparePolicy(lab, postgres));
} finally {
  for (const worker of workers) worker.shutdown();
  await Promise.all(running);
  await Promise.all([connection.close(), native.close()]);
  await Promise.all([temporal.stop(), postgres.stop(), lab.close()]);
}

async function recordAll({ policy, source: text, publicKeys }: LoadedPolicy): Promise<void> {
  const { daily } = policy.plans;
  if (daily?.audit === undefined) throw new Error('the lab has no plan that is recorded');
  const { audit, ...plan } = daily;
  const { organization, hash, signers } = policy;
  const repositories = plan.copies;
  await record('publish-policy', 'publishPolicy', { organization, hash, text, repositories });
  const signingKey = plan.signingKeys.fra ?? { env: 'NONE' };
  const seal = { at: new Date().toISOString(), publicKeys, zone: 'fra', signingKey };
  await record('publish-policy-sealed', 'publishPolicy', { organization, hash, text, repositories, seal });
  const made = await record('backup-passed', 'backup', { plan });
  await record('backup-with-exceptions', 'backup', { plan: without(plan, 'second') });
  await record('backup-failed', 'backup', {
    plan: { ...plan, source: { ...plan.source, database: 'nowhere' } },
  });
  const { backupId } = completed(made);
  const backup = { source: plan.source.name, backupId };
  const reading = { backup, signers, keys: [plan.key] };
  await record('verify', 'verify', { ...reading, repositories, deep: true });
  await record('restore', 'restore', { ...reading, zone: 'fra', candidates: repositories, keep: 0 });
  await record('catalogue', 'catalogue', { repositories, signers, filter: {}, limit: 10 });
  const surveyed = {
    plan: plan.name,
    source: plan.source.name,
    repositories: repositories.map(({ name }) => name),
    shared: false,
  };
  await record('survey', 'survey', { repositories, plans: [surveyed] });
  const silent = repositories.map((one) => (one.name === 'second' ? { ...one, zone: 'nowhere' } : one));
  await record('survey-silent-zone', 'survey', { repositories: silent, plans: [surveyed] });
  await record('doctor', 'doctor', {
    zone: 'fra',
    sources: [plan.source],
    keys: [plan.key],
    repositories,
    signingKey: plan.signingKeys.fra ?? null,
    signers,
  });
  for (const repository of repositories.slice(0, 1))
    await record('sweep', 'sweep', { repository, graceSeconds: 0, dryRun: true });
  await recordArchived(plan, backup);
  await recordRecorded({ policy, source: text }, { ...plan, audit }, backup);
}

/** A restore that waits for an archive, and the rules by which a bucket moves data there. */
async function recordArchived(plan: ResolvedPlan, backup: BackupRef): Promise<void> {
  const { repository, close } = await openArchive(plan, backup);
  try {
    const { signers, key } = plan;
    const reading = { backup, signers, keys: [key], zone: 'fra', keep: 0 };
    const thaw = { days: 1, patience: 5 };
    await record('restore-thawed', 'restore', { ...reading, candidates: [repository], thaw });
    const kept = [{ source: backup.source, longest: null, deadline: 7200 }];
    await record('lifecycle', 'lifecycle', { repository, kept, expire: false, write: true });
  } finally {
    await close();
  }
}

/** The same where what happens goes into the audit log; first without its repository, then with it. */
async function recordRecorded(
  { policy, source: text }: { policy: ResolvedPolicy; source: string },
  plan: ResolvedPlan & { audit: AuditTarget },
  backup: BackupRef,
): Promise<void> {
  const { audit } = plan;
  const { organization, hash, signers } = policy;
  await record('backup-unrecorded', 'backup', { plan });
  const repositories = [audit.repository];
  await record('publish-policy-recorded', 'publishPolicy', { organization, hash, text, repositories, audit });
  const newest = completed(await record('backup-recorded', 'backup', { plan }));
  const reading = { backup, signers, keys: [plan.key], audit, person: 'dba-1' };
  await record('verify-recorded', 'verify', { ...reading, repositories: plan.copies, deep: false });
  await record('restore-recorded', 'restore', {
    ...reading,
    zone: 'fra',
    candidates: plan.copies,
    keep: 0,
  });
  for (const repository of plan.copies.slice(0, 1))
    await record('sweep-recorded', 'sweep', { repository, graceSeconds: 0, dryRun: false, audit });
  await record('audit', 'audit', { target: audit, filter: {}, limit: 10 });
  await record('verify-audit', 'verifyAudit', { target: audit, signers });
  for (const { name, input } of recordedAuditReports(policy, audit)) await record(name, 'auditReport', input);
  await recordEvidence(policy, audit);
  await recordChecked(policy, audit);
  for await (const { name, input, meanwhile } of recordedRestoreTests(plan, backup))
    await record(name, 'restoreTest', input, meanwhile);
  await record('list-tests', 'listTests', { repositories: plan.copies, sources: [backup.source], limit: 10 });
  await record('show-test', 'showTest', { repositories: plan.copies, signers, sought: { plan: plan.name } });
  await recordKept(plan, { source: backup.source, ...newest });
  for (const { name, input, meanwhile } of recordedAirgaps(lab, policy, plan))
    await record(name, 'airgap', input, meanwhile);
  await record('airgap-state', 'airgapState', { repository: 'safe', records: plan.copies });
  for (const { name, input } of recordedRunbookChecks(policy)) await record(name, 'runbookCheck', input);
  await recordFailedOver(policy, plan);
  await recordRehearsed(plan);
  // Before there is a newer one.
  await recordGuarded(policy, plan, { old: backup, newest: { source: backup.source, ...newest } });
  await recordReplaced(policy, plan);
  await recordTold(plan);
}

/** Reports that people make, and that they read. */
async function recordEvidence(policy: ResolvedPolicy, audit: AuditTarget): Promise<void> {
  const { keep, find, show } = recordedEvidence(policy, audit);
  const kept = await record('keep-report', 'keepReport', keep);
  await record('keep-report-unsigned', 'keepReport', { ...keep, signingKeys: {} });
  await record('evidence', 'evidence', find);
  await record('show-evidence', 'showEvidence', show(kept));
}

/** Side by side: a zone that nobody works in is waited for. */
async function recordChecked(policy: ResolvedPolicy, audit: AuditTarget): Promise<void> {
  const { health, copies } = recordedChecks(policy, audit);
  await Promise.all([
    ...Object.entries(health).map(([name, input]) => record(name, 'health', input)),
    ...Object.entries(copies).map(([name, input]) => record(name, 'copiesCheck', input)),
  ]);
}

/** What tells people: the alerts, and runs that somebody watches over. */
async function recordTold(plan: ResolvedPlan & { audit: AuditTarget }): Promise<void> {
  const { url, close } = await startListener();
  try {
    for (const { name, input, meanwhile } of recordedAlerts(url, plan.audit))
      await record(name, 'alerts', input, meanwhile);
    const watched = watchedPlan(plan, url);
    await record('backup-watched', 'backup', { plan: watched });
    await record('backup-watched-failed', 'backup', {
      plan: { ...watched, source: { ...watched.source, database: 'nowhere' } },
    });
    for (const { name, input } of watchedRetentions(plan)) await record(name, 'retention', input);
  } finally {
    close();
  }
}

/** Runbooks, and what they protect. */
async function recordFailedOver(policy: ResolvedPolicy, plan: ResolvedPlan): Promise<void> {
  for (const { name, input, meanwhile } of await recordedFailovers(lab, policy, plan))
    await record(name, 'failover', input, meanwhile);
  const { name, input, meanwhile } = recordedProtection;
  await record(name, 'protect', input, meanwhile);
}

/** What looks after rehearsals, and after what they leave. */
async function recordRehearsed(plan: ResolvedPlan & { audit: AuditTarget }): Promise<void> {
  await record('drill-watch', 'drillWatch', await recordedDrillWatch(client, plan));
  for (const { name, input, meanwhile } of recordedFollowUps(plan.audit))
    await record(name, 'followUps', input, meanwhile);
}

/** What puts a backup in place of a database. */
async function recordReplaced(policy: ResolvedPolicy, daily: ResolvedPlan): Promise<void> {
  const plan = await replaceablePlan(postgres, daily);
  const { backupId } = completed(await record('replaceable', 'backup', { plan }, undefined, false));
  const backup = { source: plan.source.name, backupId };
  for (const { name, input, meanwhile } of await recordedSwitches(lab, policy, plan, backup))
    await record(name, 'switchInto', input, meanwhile);
  for (const { name, input } of recordedRefreshes(postgres, policy, plan))
    await record(name, 'refresh', input);
}

/** What keeps backups and lets them go. */
async function recordKept(plan: ResolvedPlan, newest: BackupRef): Promise<void> {
  for (const { name, input } of recordedHolds(plan, newest)) await record(name, 'hold', input);
  for (const { name, input, meanwhile } of recordedRetentions(plan))
    await record(name, 'retention', input, meanwhile);
}

/** Deletions that people ask for, and a backup that wants a second factor and gets one that does not count. */
async function recordGuarded(
  policy: ResolvedPolicy,
  plan: ResolvedPlan,
  backups: { old: BackupRef; newest: BackupRef },
): Promise<void> {
  for (const { name, input, meanwhile } of await recordedDeletions(lab, policy, plan, backups))
    await record(name, 'deletion', input, meanwhile);
  const secondFactor = [{ name: 'dba-1', roles: ['dba'], sshKeys: [] }];
  const request = { by: 'dba-1', at: new Date().toISOString(), signature: 'none' };
  await record('backup-second-factor', 'backup', { plan: { ...plan, secondFactor }, request });
}

/** The plan with a repository whose place is gone. */
function without(plan: ResolvedPlan, name: string): ResolvedPlan {
  return {
    ...plan,
    copies: plan.copies.map((copy) =>
      copy.name === name && copy.kind === 'filesystem' ? { ...copy, path: `${copy.path}-gone` } : copy,
    ),
  };
}

async function record<K extends keyof Workflows>(
  name: string,
  type: K,
  input: Parameters<Workflows[K]>[0],
  meanwhile: (handle: WorkflowHandle) => Promise<void> = async () => undefined,
  kept = true,
): Promise<unknown> {
  const handle = await client.workflow.start(workflowTypes[type], {
    workflowId: `record/${name}`,
    taskQueue: taskQueueOf('fra'),
    args: [input],
  });
  await meanwhile(handle);
  const result = await handle.result().catch(() => null);
  if (!kept) return result;
  const shown = await run({
    command: toolPath('temporal'),
    args: [
      'workflow',
      'show',
      '--workflow-id',
      handle.workflowId,
      '--output',
      'json',
      '--address',
      temporal.address,
    ],
  });
  if (wanted.length > 0 && !wanted.includes(name)) return result;
  await writeFile(join(target, `${name}.json`), neutralHistory(shown.stdout));
  console.log(`recorded ${name}`);
  return result;
}

function completed(result: unknown): Pick<BackupResult, 'backupId'> {
  if (
    typeof result === 'object' &&
    result !== null &&
    'backupId' in result &&
    typeof result.backupId === 'string'
  )
    return { backupId: result.backupId };
  throw new Error('the backup did not pass');
}
