import { z } from 'zod';
import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedRepository, Signer } from '../policy/resolved.ts';
import { evidenceKinds, evidencePath, listEvidence, readEvidence } from '../repository/index.ts';
import type { Store } from '../repository/store.ts';
import type { FoundReport, FoundReports, Period, ReadReportsInput } from '../workflows/contract-report.ts';
import { carriedOf, leftOut } from '../workflows/message-size.ts';
import { foundReport } from './found-report.ts';
import { reasonOf } from './reason.ts';
import { withRepository } from './repositories.ts';
import type { Work } from './work.ts';

/** Signatures checked at once: each is a process. */
const atOnce = 4;

/**
 * Reads the reports of a period from repositories, each once, wherever it is found first. What can't be believed or read
 * is told, and is no proof.
 */
export async function readReports(
  work: Work,
  { repositories, signers, period }: ReadReportsInput,
): Promise<FoundReports> {
  const reports = new Map<string, FoundReport>();
  const faults: string[] = [];
  for (const repository of repositories) {
    try {
      await readFrom(work, repository, { signers, period, reports, faults });
    } catch (error) {
      if (work.signal.aborted) throw error;
      faults.push(`The reports in ${repository.name} could not be read: ${reasonOf(error).sentence}`);
    }
  }
  const newest = [...reports.values()].sort((a, b) => (a.at < b.at ? 1 : -1));
  const told = carriedOf(newest, faults);
  return { reports: told, faults: [...faults, ...leftOut(told.length, newest.length)] };
}

type Reading = {
  signers: Signer[];
  period: Period;
  reports: Map<string, FoundReport>;
  faults: string[];
};

async function readFrom(work: Work, repository: ResolvedRepository, reading: Reading): Promise<void> {
  const { reports } = reading;
  const started = Date.now();
  await withRepository(repository, work.signal, async (store) => {
    const paths = (await pathsOf(store, reading.period, work.signal)).filter((path) => !reports.has(path));
    const left = [...paths];
    const worker = async () => {
      for (let path = left.shift(); path !== undefined; path = left.shift()) {
        await readOne(store, path, reading, work.signal);
        work.report({
          phase: `reading reports in ${repository.name}, ${paths.length - left.length} of ${paths.length}`,
          bytes: 0,
          bytesPerSecond: 0,
          elapsed: (Date.now() - started) / 1000,
        });
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  });
}

async function readOne(
  store: Store,
  path: string,
  { signers, period, reports, faults }: Reading,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { evidence, sha256, signedBy } = await readEvidence(store, path, signers, signal);
    const time = Date.parse(evidence.at);
    if (time < Date.parse(period.from) || time >= Date.parse(period.to)) return;
    if (evidencePath(evidence) !== path) {
      faults.push(`The report ${path} in ${store.name} does not count: it is ${evidencePath(evidence)}.`);
      return;
    }
    reports.set(path, foundReport(path, evidence, { sha256, signedBy }));
  } catch (error) {
    if (signal.aborted || !isItsOwnFault(error)) throw error;
    faults.push(`The report ${path} in ${store.name} does not count: ${sentenceOf(error)}`);
  }
}

/** Faults of the report, and not of the way to it. */
function isItsOwnFault(error: unknown): boolean {
  if (error instanceof z.ZodError) return true;
  if (!(error instanceof HoldfastError)) return false;
  return ['untrusted-signature', 'corrupt-copy', 'not-found'].includes(error.code);
}

function sentenceOf(error: unknown): string {
  if (error instanceof z.ZodError) return 'it is not as this version writes it.';
  // What to do about it is said of backups' copies.
  return error instanceof HoldfastError ? error.message : reasonOf(error).sentence;
}

/** Months beyond so many are sifted from one listing of each kind: a listing for each of them would take longer. */
const monthsListed = 24;

/** Paths of reports whose names say that they are of these months, and of the day around them. */
async function pathsOf(store: Store, { from, to }: Period, signal: AbortSignal): Promise<string[]> {
  const paths: string[] = [];
  const months = monthsBetween(from, to);
  for (const kind of evidenceKinds) {
    if (months.length <= monthsListed)
      for (const month of months) paths.push(...(await listEvidence(store, `${kind}/${month}/`, signal)));
    else {
      const wanted = new Set(months.map((month) => `${kind}/${month}/`));
      const all = await listEvidence(store, `${kind}/`, signal);
      paths.push(...all.filter((path) => wanted.has(path.slice(0, path.lastIndexOf('/') + 1))));
    }
  }
  return paths;
}

/** `2026/09`, … of the calendar in UTC, from which names are made. */
function monthsBetween(from: string, to: string): string[] {
  const months: string[] = [];
  const last = new Date(Date.parse(to) - 1);
  for (const month = new Date(`${new Date(from).toISOString().slice(0, 7)}-01T00:00:00Z`); month <= last; ) {
    months.push(month.toISOString().slice(0, 7).replace('-', '/'));
    month.setUTCMonth(month.getUTCMonth() + 1);
  }
  return months;
}
