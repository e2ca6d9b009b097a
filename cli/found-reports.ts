import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { foundReport } from '../activities/found-report.ts';
import type { Signer } from '../policy/resolved.ts';
import { type CheckedReport, checkReports } from '../repository/index.ts';
import { type Workflows, workflowTypes } from '../workflows/contract.ts';
import type { FoundReport, FoundReports, Period } from '../workflows/contract-report.ts';
import type { Context } from './context.ts';
import { atPlace, type PlaceAsked } from './evidence-place.ts';
import { onlineRepositories } from './repositories.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from './run-workflow.ts';
import { type Since, sinceOption } from './since.ts';
import { trustedSigners } from './trusted-signers.ts';

/** Options of commands that read signed reports. */
export type ReportsAsked = { from?: string; repository?: string; trust?: string; since?: Since };

export const repositoryOption = [
  '--repository <name>',
  'one of the policy, read from this machine: its directory, or its bucket with credentials that are here',
] as const;

export const trustOption = [
  '--trust <file>',
  "whose signatures count: a .pub file or OpenSSH's allowed signers; else the policy's signers",
] as const;

/** Lets a command say which signed reports it reads, of what time, and whose signatures count. */
export const readsReports = (command: Command): Command =>
  command
    .option(
      '--since <when>',
      'a day, an instant, or how long ago: 2026-11-21, 90d. Default: a year',
      sinceOption,
    )
    .option(
      '--from <directory>',
      'read the signed reports there, without Temporal: of a repository, or of `evidence export`',
    )
    .option(...repositoryOption)
    .option(...trustOption);

/**
 * The signed reports of a time, newest first: from a place that this machine reads, where one is named, else from every
 * online repository by way of its zone's worker.
 */
export async function findReports(
  context: Context,
  { from, repository, trust, since }: ReportsAsked,
): Promise<FoundReports & { period: Period }> {
  const signers = await trustedSigners(context, trust);
  // Without the policy nothing says in which zone days are counted.
  const timezone = trust === undefined ? (await context.loadPolicy()).policy.timezone : 'UTC';
  const start = (since ?? sinceOption('365d'))(timezone);
  // A report of this very second counts as well.
  const period = { name: 'asked', from: start, to: new Date(Date.now() + 1000).toISOString() };
  const found =
    from === undefined && repository === undefined
      ? await fromWorkers(context, signers, period)
      : await fromPlace(context, { path: from, repository }, signers, period);
  return { ...found, period };
}

async function fromWorkers(context: Context, signers: Signer[], period: Period): Promise<FoundReports> {
  const { policy } = await context.loadPolicy();
  const repositories = onlineRepositories(policy);
  const { client } = await context.temporal();
  const kind = workflowTypes.evidence;
  const run = await started(
    client.workflow.start<Workflows['evidence']>(kind, {
      ...startOptions({
        zone: await zoneWithWorker(client, [...new Set(repositories.map(({ zone }) => zone))]),
        workflowId: `evidence/${randomUUID()}`,
        kind,
        summary: `Signed reports since ${period.from.slice(0, 10)}`,
        timeout: 4 * 3600,
      }),
      args: [{ repositories, signers, period }],
    }),
  );
  return runToEnd(context, run);
}

async function fromPlace(
  context: Context,
  asked: PlaceAsked,
  signers: Signer[],
  { from, to }: Period,
): Promise<FoundReports> {
  const reports = await atPlace(context, asked, async ({ store, prefix, what }) => {
    context.progress.show(`Reading the reports in ${what}`);
    return (await checkReports(store, { prefix, signers, signal: context.io.signal })).reports;
  });
  context.progress.clear();
  const counted = reports.flatMap((report) => countedReport(report));
  return {
    reports: counted.filter(({ at }) => at >= from && at < to).sort((a, b) => (a.at < b.at ? 1 : -1)),
    faults: reports.flatMap(({ faults }) => faults.map(({ file, sentence }) => `${file}: ${sentence}`)),
  };
}

/** What a report says, unless it lies where another one belongs or nothing of it can be believed. */
function countedReport({ evidence, sha256, signedBy, faults, path }: CheckedReport): FoundReport[] {
  if (evidence === null || sha256 === null || signedBy === null) return [];
  if (faults.some(({ fault }) => fault === 'misplaced')) return [];
  try {
    return [foundReport(path, evidence, { sha256, signedBy })];
  } catch {
    faults.push({
      file: `${path}.json`,
      fault: 'not-understood',
      sentence: 'It is not as this version writes it.',
    });
    return [];
  }
}
