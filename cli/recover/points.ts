import { HoldfastError } from '../../policy/errors.ts';
import type { ResolvedKey, ResolvedPlan, ResolvedPolicy } from '../../policy/resolved.ts';
import { isArchived } from '../../repository/archives.ts';
import {
  type BackupListing,
  listBackups,
  type Manifest,
  parseMarker,
  prepareDecryption,
  readManifest,
} from '../../repository/index.ts';
import { newestTestOf } from '../../repository/markers.ts';
import type { Store } from '../../repository/store.ts';
import { faultOf, opensIn } from './lacking.ts';

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

/** To when one plan can be recovered from this repository, and what stands in the way. */
export type RecoveryPoint = {
  plan: string;
  source: string;
  /** The newest one that is whole. */
  newest: WholeBackup | null;
  /** The newest one that was proven, which is what runbooks restore; null where that is none. */
  proven: WholeBackup | null;
  key: { name: string; here: boolean; sentence: string };
  /** Newer backups that are not whole, or failed their test. */
  passedOver: string[];
};

export type PointsInput = {
  policy: ResolvedPolicy;
  plans: readonly ResolvedPlan[];
  keys: (key: ResolvedKey) => Promise<RecoveryPoint['key']>;
};

/** How many backups that are not whole are passed over before the search is given up. */
const most = 50;

/** To when each plan can be recovered, by what the repository lists and its signed manifests. Writes nothing. */
export async function recoveryPoints(
  store: Store,
  { plans, policy, keys }: PointsInput,
  signal: AbortSignal,
): Promise<RecoveryPoint[]> {
  const listings = new Map<string, BackupListing[]>();
  const points: RecoveryPoint[] = [];
  for (const plan of plans) {
    const source = plan.source.name;
    const listed = listings.get(source) ?? (await newestFirst(store, source, signal));
    listings.set(source, listed);
    const found = await lookThrough(store, listed, { plan: plan.name, signers: policy.signers }, signal);
    points.push({ plan: plan.name, source, ...found, key: await keys(plan.key) });
  }
  return points;
}

async function newestFirst(store: Store, source: string, signal: AbortSignal): Promise<BackupListing[]> {
  const listed = await listBackups(store, { source }, signal);
  return listed
    .filter(({ committed, markers }) => committed && !markers.some(isGoing))
    .sort((a, b) => (a.backupId < b.backupId ? 1 : -1));
}

const isGoing = (name: string): boolean => parseMarker(name)?.kind === 'deleting';

type Sought = { plan: string; signers: ResolvedPolicy['signers'] };

/** From the newest one on, until one is whole and one is proven. */
async function lookThrough(
  store: Store,
  listed: readonly BackupListing[],
  { plan, signers }: Sought,
  signal: AbortSignal,
): Promise<Pick<RecoveryPoint, 'newest' | 'proven' | 'passedOver'>> {
  let newest: WholeBackup | null = null;
  const passedOver: string[] = [];
  for (const listing of listed) {
    const test = newestTestOf(listing.markers);
    // Once one is whole, only what was proven is of interest.
    if (newest !== null && !isProof(test?.result)) continue;
    if (passedOver.length >= most) break;
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

/**
 * Tells of each key, once, whether it is here and the right one, by taking it into a keyring that is thrown away.
 *
 * @param directory private; what is made in it is removed
 */
export function keyFinder(
  zone: string,
  directory: string,
  io: {
    env: Readonly<Record<string, string | undefined>>;
    secret: Parameters<typeof prepareDecryption>[1]['secret'];
  },
): PointsInput['keys'] {
  const known = new Map<string, Promise<RecoveryPoint['key']>>();
  const find = async (key: ResolvedKey): Promise<RecoveryPoint['key']> => {
    const { name } = key;
    const ref = (key.kind === 'gpg' ? key.opens : key.passphrase)[zone];
    if (ref === undefined || !opensIn({ key }, zone))
      return { name, here: false, sentence: `not opened in zone ${zone}; bring it with --key ${name}=FILE` };
    const fault = await faultOf(ref, io.env);
    if (fault !== null) return { name, here: false, sentence: `${fault}; bring it with --key ${name}=FILE` };
    try {
      const decryption = await prepareDecryption(key, { zone, directory, secret: io.secret });
      await decryption.close();
      return { name, here: true, sentence: 'here' };
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      return { name, here: false, sentence: error.sentence };
    }
  };
  return (key) => {
    const found = known.get(key.name) ?? find(key);
    known.set(key.name, found);
    return found;
  };
}
