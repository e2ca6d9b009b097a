import { sentenceOf } from '../policy/errors.ts';
import type { ResolvedPolicy } from '../policy/resolved.ts';
import type { AuditLine, VerifyAuditResult } from '../workflows/contract-audit.ts';
import type { FollowUpList } from '../workflows/contract-follow-ups.ts';
import type { FoundReport } from '../workflows/contract-report.ts';
import { type Recorded, recordedAs, subjectOf, type Told, toldBy } from '../workflows/follow-ups-record.ts';
import { auditEntries, verifiedLog } from './audit-entries.ts';
import type { Context } from './context.ts';
import { followUpsOf, sendAddition } from './follow-ups.ts';
import { findReports, type ReportsAsked } from './found-reports.ts';

/** restored: it is to be done again. known: it is kept. closed: the audit log has its end. refused: its sentence says why. */
export type Restored = Recorded & { outcome: 'restored' | 'known' | 'closed' | 'refused'; sentence: string };

/** Entries with all that a follow-up is are larger than most; an answer must stay below what Temporal takes. */
const mostChanges = 500;

/**
 * Gives whoever keeps the follow-ups those that they do not know: Temporal was lost, and neither the signed reports nor the
 * audit log were. The log says how each was last. What is known stays as it is, so that this may be done again.
 *
 * @throws HoldfastError `unreachable` where the reports can't be read, or nobody keeps what is to be done
 */
export async function restoreFollowUps(
  context: Context,
  asked: ReportsAsked,
): Promise<{ followUps: Restored[]; exceptions: string[] }> {
  const { policy } = await context.loadPolicy();
  const { reports, faults, period } = await findReports(context, asked);
  const known = idsOf(await followUpsOf(context));
  const { told, exceptions } = await toldSince(context, policy, period.from);
  const noted = notedIn(reports);
  const followUps: Restored[] = [];
  for (const each of asTheyWere(noted, told)) {
    if (known.has(each.id)) followUps.push({ ...each, outcome: 'known', sentence: 'It is kept already.' });
    else if (told.closed.has(subjectOf(each)))
      followUps.push({ ...each, outcome: 'closed', sentence: 'The audit log has its end.' });
    else followUps.push(await restored(context, each));
  }
  return { followUps, exceptions: [...faults, ...exceptions, ...unclearIn(noted, told)] };
}

/** Those of all reports, oldest first, each once: a report lies in several repositories. Pure. */
export function notedIn(reports: readonly Pick<FoundReport, 'run'>[]): Recorded[] {
  const all = reports.flatMap(({ run }) => {
    if (run?.noted === undefined) return [];
    const { runbook, workflowId, mode, noted } = run;
    return noted.followUps.map((each) => ({ ...each, runbook, workflowId, mode, runId: noted.runId }));
  });
  const byId = new Map(all.map((each) => [`${each.runId}/${each.id}`, each]));
  return [...byId.values()].sort(oldestFirst);
}

/** Those of reports and those that only the audit log has, each with the owner and the day that it had last. Pure. */
export function asTheyWere(noted: readonly Recorded[], { known }: Told): Recorded[] {
  const subjects = new Set(noted.map(subjectOf));
  const later = [...known].flatMap(([subject, each]) => (subjects.has(subject) ? [] : [each]));
  return [...noted.map((each) => known.get(subjectOf(each)) ?? each), ...later].sort(oldestFirst);
}

/** What came back as it was noted, or not at all, because the log does not say what became of it. Pure. */
export function unclearIn(noted: readonly Recorded[], { unclear }: Told): string[] {
  const subjects = new Set(noted.map(subjectOf));
  return [...unclear].flatMap(([subject, action]) => {
    if (!subjects.has(subject))
      return [`${subject} does not come back: the audit log has ${action}, and not what it is.`];
    return action === recordedAs.add
      ? []
      : [`${subject} is as it was noted: the audit log has ${action}, and not with what.`];
  });
}

const oldestFirst = (a: Recorded, b: Recorded): number => (a.notedAt < b.notedAt ? -1 : 1);

const idsOf = ({ open, closed }: FollowUpList): Set<string> =>
  new Set([...open, ...closed].map(({ id }) => id));

/** What the audit log tells of follow-ups, as far as it holds. Where it can't tell, what was done comes back as well. */
async function toldSince(
  context: Context,
  { audit, signers }: ResolvedPolicy,
  since: string,
): Promise<{ told: Told; exceptions: string[] }> {
  const unknown = (why: string) => ({
    told: toldBy([]),
    exceptions: [
      `${why} Follow-ups come back as reports noted them: close again what was closed, and add what was noted after a run.`,
    ],
  });
  if (audit === undefined) return unknown('The policy keeps no audit log.');
  try {
    const filter = { action: 'follow-up', since };
    const { entries, more } = await auditEntries(context, audit, filter, mostChanges);
    const { lines, exceptions } = thatHold(entries, await verifiedLog(context, audit, signers));
    return {
      told: toldBy(lines),
      exceptions: [
        ...exceptions,
        ...(more ? [`The audit log has more than ${mostChanges} changes: only the newest were read.`] : []),
      ],
    };
  } catch (error) {
    return unknown(`The audit log could not be read: ${sentenceOf(error)}`);
  }
}

/** The entries before the first link of their chain that does not hold; and what else the verification told. Pure. */
export function thatHold(
  entries: readonly AuditLine[],
  { chains, exceptions, unreadable }: Pick<VerifyAuditResult, 'chains' | 'exceptions' | 'unreadable'>,
): { lines: AuditLine[]; exceptions: string[] } {
  const last = new Map(chains.map(({ zone, outcome, last: end }) => [zone, { outcome, seq: end?.seq ?? 0 }]));
  const holds = ({ zone, seq }: AuditLine) => {
    const chain = last.get(zone);
    return chain !== undefined && (chain.outcome === 'passed' || seq <= chain.seq);
  };
  const broken = chains.flatMap(({ zone, broken: fault }) =>
    fault === null
      ? []
      : [
          `The audit log of ${zone} does not hold from entry ${fault.seq} on, which does not count: ${fault.sentence}`,
        ],
  );
  return {
    lines: entries.filter(holds),
    exceptions: [
      ...broken,
      ...chains.flatMap((chain) => chain.exceptions.map((said) => `The audit log of ${chain.zone}: ${said}`)),
      ...exceptions,
      ...unreadable.map(
        ({ repository, sentence }) => `The heads in ${repository} were not read: ${sentence}`,
      ),
    ],
  };
}

async function restored(context: Context, each: Recorded): Promise<Restored> {
  const { notedAt: _, notedBy, ...rest } = each;
  const { outcome, sentence } = await sendAddition(context, { ...rest, by: notedBy });
  return { ...each, outcome: outcome === 'followed' ? 'restored' : 'refused', sentence };
}
