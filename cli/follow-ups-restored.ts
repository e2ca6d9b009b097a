import { sentenceOf } from '../policy/errors.ts';
import type { ResolvedPolicy } from '../policy/resolved.ts';
import type { FollowUpList, NotedFollowUp } from '../workflows/contract-follow-ups.ts';
import type { FoundReport } from '../workflows/contract-report.ts';
import { auditEntries } from './audit-entries.ts';
import type { Context } from './context.ts';
import { followUpsOf, sendAddition } from './follow-ups.ts';
import { findReports, type ReportsAsked } from './found-reports.ts';

/** A follow-up of a signed report. */
export type Noted = NotedFollowUp &
  Pick<NonNullable<FoundReport['run']>, 'runbook' | 'workflowId' | 'mode'> & { runId: string };

/** restored: it is to be done again. known: it is kept. closed: the audit log has its end. refused: its sentence says why. */
export type Restored = Noted & { outcome: 'restored' | 'known' | 'closed' | 'refused'; sentence: string };

/**
 * Gives whoever keeps the follow-ups those of the signed reports that they do not know: Temporal was lost, and the reports
 * were not. What is known stays as it is, so that this may be done again.
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
  const closed = await closedSince(context, policy, period.from);
  const followUps: Restored[] = [];
  for (const noted of notedIn(reports)) {
    const name = `${noted.runbook}/${noted.id}`;
    if (known.has(noted.id)) followUps.push({ ...noted, outcome: 'known', sentence: 'It is kept already.' });
    else if (closed.names.has(name))
      followUps.push({ ...noted, outcome: 'closed', sentence: 'The audit log has its end.' });
    else followUps.push(await restored(context, noted));
  }
  return { followUps, exceptions: [...faults, ...closed.exceptions] };
}

/** Those of all reports, oldest first, each once: a report lies in several repositories. Pure. */
export function notedIn(reports: readonly Pick<FoundReport, 'run'>[]): Noted[] {
  const all = reports.flatMap(({ run }) => {
    if (run?.noted === undefined) return [];
    const { runbook, workflowId, mode, noted } = run;
    return noted.followUps.map((each) => ({ ...each, runbook, workflowId, mode, runId: noted.runId }));
  });
  const byId = new Map(all.map((each) => [`${each.runId}/${each.id}`, each]));
  return [...byId.values()].sort((a, b) => (a.notedAt < b.notedAt ? -1 : 1));
}

const idsOf = ({ open, closed }: FollowUpList): Set<string> =>
  new Set([...open, ...closed].map(({ id }) => id));

/** What the audit log has the end of. Where it can't tell, what was done comes back as well. */
async function closedSince(
  context: Context,
  { audit }: ResolvedPolicy,
  since: string,
): Promise<{ names: Set<string>; exceptions: string[] }> {
  const unknown = (why: string) => ({
    names: new Set<string>(),
    exceptions: [`${why} Follow-ups that were closed come back as well: close them again.`],
  });
  if (audit === undefined) return unknown('The policy keeps no audit log.');
  try {
    const { entries, more } = await auditEntries(context, audit, { action: 'follow-up.closed', since });
    const names = new Set(entries.map(({ subject }) => subject));
    return {
      names,
      exceptions: more ? ['The audit log has more ends than were read: older ones come back.'] : [],
    };
  } catch (error) {
    return unknown(`The audit log could not be read: ${sentenceOf(error)}`);
  }
}

async function restored(context: Context, noted: Noted): Promise<Restored> {
  const { notedAt: _, notedBy, ...rest } = noted;
  const { outcome, sentence } = await sendAddition(context, { ...rest, by: notedBy });
  return { ...noted, outcome: outcome === 'followed' ? 'restored' : 'refused', sentence };
}
