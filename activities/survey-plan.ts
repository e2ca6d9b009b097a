import type { BackupListing } from '../repository/index.ts';
import { parseMarker } from '../repository/markers.ts';
import type { PlanCopies, SurveyedPlan } from '../workflows/contract-survey.ts';
import type { ManifestFacts } from './survey-manifests.ts';

/** How many of the newest backups `health` compares. */
export const compared = 15;

const monthMs = 30 * 86_400_000;
const passed: ReadonlySet<string> = new Set(['passed', 'passed-with-exceptions']);

/** What counts as a copy: committed, and its removal not begun. */
export function isCopy({ committed, markers }: BackupListing): boolean {
  return committed && !markers.some((name) => parseMarker(name)?.kind === 'deleting');
}

/** What is not of a plan's listing alone: now, the storage class that nobody needs to be told of, and manifests. */
export type PlanView = {
  now: number;
  usualClass: string;
  /** Of the newest ones, where sizes and ratios are wanted. */
  facts?: ReadonlyMap<string, ManifestFacts>;
};

/** What one repository has of one plan. Pure. @param copies newest first */
export function planCopies(
  { plan, source }: Pick<SurveyedPlan, 'plan' | 'source'>,
  copies: readonly BackupListing[],
  view: PlanView,
): PlanCopies {
  const tests = testsOf(copies);
  const recent = copies.filter(({ startedAt }) => view.now - Date.parse(startedAt) < monthMs);
  const proof = tests.find(({ result }) => passed.has(result));
  return {
    plan,
    source,
    count: copies.length,
    bytes: bytesOf(copies),
    newest: copies[0]?.backupId ?? null,
    oldest: copies.at(-1)?.backupId ?? null,
    proven: proof === undefined ? null : { backupId: proof.backupId, at: proof.at },
    tested: tests[0] ?? null,
    bytesOfMonth: bytesOf(recent),
    ...classesOf(copies, view.usualClass),
    ...(view.facts === undefined ? {} : historyOf(copies.slice(0, compared), view.facts)),
  };
}

const bytesOf = (copies: readonly BackupListing[]): number =>
  copies.reduce((sum, { bytes }) => sum + bytes, 0);

/** Every restore test, newest first. */
function testsOf(copies: readonly BackupListing[]): { backupId: string; at: string; result: string }[] {
  return copies
    .flatMap(({ backupId, markers }) =>
      markers.flatMap((name) => {
        const marker = parseMarker(name);
        return marker?.kind === 'tested' ? [{ backupId, at: marker.at, result: marker.result }] : [];
      }),
    )
    .sort((a, b) => (a.at < b.at ? 1 : -1));
}

/** Bytes by storage class; nothing where all lies in the usual one. */
function classesOf(copies: readonly BackupListing[], usual: string): Pick<PlanCopies, 'classes'> {
  const sums = new Map<string, number>();
  for (const { classes } of copies)
    for (const [name, bytes] of Object.entries(classes)) sums.set(name, (sums.get(name) ?? 0) + bytes);
  return [...sums.keys()].every((name) => name === usual) ? {} : { classes: Object.fromEntries(sums) };
}

function historyOf(
  copies: readonly BackupListing[],
  facts: ReadonlyMap<string, ManifestFacts>,
): Required<Pick<PlanCopies, 'sizes' | 'ratios'>> {
  const told = copies.map((copy) => facts.get(copy.backupId));
  return {
    sizes: copies.map((copy, index) => told[index]?.bytes ?? dataBytesOf(copy)),
    ratios: told.map((one) =>
      one === undefined || one.rawBytes === null || one.bytes === 0
        ? null
        : Math.round((one.rawBytes / one.bytes) * 1000) / 1000,
    ),
  };
}

/** Where the manifest does not tell: all data files, of attempts that failed too. */
function dataBytesOf({ files }: BackupListing): number {
  return files.reduce((sum, { name, bytes }) => (name.startsWith('data-') ? sum + bytes : sum), 0);
}
