import { HoldfastError } from '../../policy/errors.ts';
import type { ResolvedPlan, Signer } from '../../policy/resolved.ts';
import { isArchived } from '../../repository/archives.ts';
import {
  type BackupListing,
  listBackups,
  type Manifest,
  parseMarker,
  readManifest,
} from '../../repository/index.ts';
import { newestTestOf } from '../../repository/markers.ts';
import type { Store } from '../../repository/store.ts';
import type { KeyHere } from './keys.ts';

/** One backup of a plan that lies here whole: its manifest is signed, and its files are there in their sizes. */
export type WholeBackup = {
  backupId: string;
  /** The instant that its data shows; ISO 8601. */
  dataTime: string;
  bytes: number;
  signedBy: string;
  /** When this copy was proven by a restore test last; null: never. */
  provenAt: string | null;
  archived: boolean;
};

/** What one plan has in this repository. */
export type PlanBackups = {
  plan: string;
  source: string;
  /** The newest one that is whole. */
  newest: WholeBackup | null;
  /** The newest one that was proven, which is what runbooks restore; null where that is none. */
  proven: WholeBackup | null;
  /** Newer backups that are not whole, or failed their test. */
  passedOver: string[];
};

/** To when one plan can be recovered from this repository, and what stands in the way. */
export type RecoveryPoint = PlanBackups & { key: KeyHere };

/** How many backups that are not whole are passed over before the search is given up. */
const most = 50;

/** To when each plan can be recovered, by what the repository lists and its signed manifests. Writes nothing. */
export async function plansBackups(
  store: Store,
  { plans, signers }: { plans: readonly ResolvedPlan[]; signers: readonly Signer[] },
  signal: AbortSignal,
): Promise<PlanBackups[]> {
  const listings = new Map<string, BackupListing[]>();
  const found: PlanBackups[] = [];
  for (const plan of plans) {
    const source = plan.source.name;
    const listed = listings.get(source) ?? (await newestFirst(store, source, signal));
    listings.set(source, listed);
    const backups = await lookThrough(store, listed, { plan: plan.name, signers }, signal);
    found.push({ plan: plan.name, source, ...backups });
  }
  return found;
}

async function newestFirst(store: Store, source: string, signal: AbortSignal): Promise<BackupListing[]> {
  const listed = await listBackups(store, { source }, signal);
  return listed
    .filter(({ committed, markers }) => committed && !markers.some(isGoing))
    .sort((a, b) => (a.backupId < b.backupId ? 1 : -1));
}

const isGoing = (name: string): boolean => parseMarker(name)?.kind === 'deleting';

type Sought = { plan: string; signers: readonly Signer[] };

/** From the newest one on, until one is whole and one is proven. */
async function lookThrough(
  store: Store,
  listed: readonly BackupListing[],
  { plan, signers }: Sought,
  signal: AbortSignal,
): Promise<Omit<PlanBackups, 'plan' | 'source'>> {
  let newest: WholeBackup | null = null;
  const passedOver: string[] = [];
  for (const listing of listed) {
    const test = newestTestOf(listing.markers);
    // Once one is whole, only what was proven is of interest.
    if (newest !== null && !isProof(test?.result)) continue;
    if (passedOver.length >= most) {
      passedOver.push(`${listing.backupId} and older ones were not looked at.`);
      break;
    }
    try {
      const { manifest, signedBy } = await readManifest(store, listing, signers, signal);
      if (manifest.plan !== plan) continue;
      const lacks = lackingFiles(manifest, listing);
      if (test?.result === 'failed')
        passedOver.push(`${listing.backupId} failed its restore test of ${test.at}.`);
      else if (lacks.length > 0)
        passedOver.push(`${listing.backupId} lacks ${lacks.join(', ')}, or has it in another size.`);
      else {
        const whole = wholeOf(listing, manifest, signedBy);
        newest ??= whole;
        if (whole.provenAt !== null) return { newest, proven: whole, passedOver };
      }
    } catch (error) {
      if (signal.aborted || !(error instanceof HoldfastError)) throw error;
      passedOver.push(`${listing.backupId}: ${error.message}`);
    }
  }
  return { newest, proven: null, passedOver };
}

const isProof = (result: string | undefined): boolean =>
  result === 'passed' || result === 'passed-with-exceptions';

const lackingFiles = ({ files }: Manifest, listing: BackupListing): string[] =>
  files
    .filter(({ name, bytes }) => !listing.files.some((file) => file.name === name && file.bytes === bytes))
    .map(({ name }) => name);

function wholeOf(listing: BackupListing, { dataTime }: Manifest, signedBy: string): WholeBackup {
  const { backupId, bytes, markers } = listing;
  const test = newestTestOf(markers);
  const provenAt = isProof(test?.result) ? (test?.at ?? null) : null;
  return { backupId, dataTime, bytes, signedBy, provenAt, archived: isArchived(listing) };
}
