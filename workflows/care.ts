import type { PublishToInput } from '../activities/types.ts';
import type { ResolvedRepository } from '../policy/resolved.ts';
import { openTrail, recordedOr } from './audit.ts';
import type { AirgapStateInput, AirgapStateResult } from './contract-airgap.ts';
import type { CatalogueInput, CatalogueResult } from './contract-catalogue.ts';
import type {
  DoctorInput,
  DoctorResult,
  PolicySeal,
  PublishInput,
  PublishResult,
  SweepInput,
  SweepResult,
} from './contract-upkeep.ts';
import { reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';

const quick = { within: 600, attempts: 3, patience: 20 };

function byZone(repositories: ResolvedRepository[]): [string, ResolvedRepository[]][] {
  const zones = new Map<string, ResolvedRepository[]>();
  for (const repository of repositories)
    zones.set(repository.zone, [...(zones.get(repository.zone) ?? []), repository]);
  return [...zones];
}

/** Lists backups in every repository, each from its own zone. What can't be read is named, never left out. */
export async function catalogue(input: CatalogueInput): Promise<CatalogueResult> {
  const parts = await Promise.all(
    byZone(input.repositories).map(async ([zone, repositories]): Promise<CatalogueResult> => {
      try {
        return await activitiesIn(zone, quick).readCatalogue({ ...input, repositories });
      } catch (error) {
        const { sentence } = reasonOf(error);
        return {
          entries: [],
          more: false,
          unreadable: repositories.map(({ name }) => ({ repository: name, sentence })),
        };
      }
    }),
  );
  return {
    entries: parts
      .flatMap((part) => part.entries)
      .sort((a, b) => (a.backupId < b.backupId ? 1 : a.backupId > b.backupId ? -1 : 0)),
    more: parts.some((part) => part.more),
    unreadable: parts.flatMap((part) => part.unreadable),
  };
}

/** Marks new repositories and lays the policy down in each, so that a bucket alone can start a recovery. */
export async function publishPolicy({ audit, person, seal, ...input }: PublishInput): Promise<PublishResult> {
  const { sealed, unsealed } = await sealedBy(seal, input);
  const parts = await Promise.all(
    byZone(input.repositories).map(async ([zone, repositories]): Promise<PublishResult> => {
      try {
        return await activitiesIn(zone, quick).publishPolicy({ ...input, repositories, ...sealed });
      } catch (error) {
        const { sentence } = reasonOf(error);
        return {
          repositories: repositories.map(({ name }) => ({ repository: name, outcome: 'failed', sentence })),
        };
      }
    }),
  );
  const repositories = parts.flatMap((part) => part.repositories);
  const failed = repositories.filter(({ outcome }) => outcome === 'failed');
  const told = await recordedOr(openTrail(audit), {
    action: 'policy.applied',
    subject: input.organization,
    outcome: failed.length > 0 ? 'failed' : 'done',
    person,
    hash: input.hash,
    reason: failed[0]?.sentence,
    facts: { repositories: repositories.map(({ repository }) => repository).join(', ') },
  });
  const warnings = [...unsealed, ...(told.warnings ?? [])];
  return { repositories, ...(warnings.length === 0 ? {} : { warnings }) };
}

/** The policy's signature. Without one it is laid down all the same: backups need it, and only a recovery a signed one. */
async function sealedBy(
  seal: PolicySeal | undefined,
  { organization, hash, text }: Pick<PublishInput, 'organization' | 'hash' | 'text'>,
): Promise<{ sealed: Pick<PublishToInput, 'sealed'>; unsealed: string[] }> {
  if (seal === undefined) return { sealed: {}, unsealed: [] };
  const { zone, ...rest } = seal;
  const { at, publicKeys } = rest;
  try {
    const signed = await activitiesIn(zone, quick).sealPolicy({ organization, hash, text, ...rest });
    return { sealed: { sealed: { at, publicKeys, ...signed } }, unsealed: [] };
  } catch (error) {
    const { sentence } = reasonOf(error);
    return {
      sealed: {},
      unsealed: [`The policy could not be signed, and \`holdfast recover\` takes none unsigned: ${sentence}`],
    };
  }
}

/** Examines everything that a zone's worker needs. */
export async function doctor(input: DoctorInput): Promise<DoctorResult> {
  return activitiesIn(input.zone, quick).examine(input);
}

/** When an air-gapped repository was filled last, as the online ones remember, each asked by its own zone. */
export async function airgapState({ repository, records }: AirgapStateInput): Promise<AirgapStateResult> {
  const parts = await Promise.all(
    byZone(records).map(async ([zone, own]): Promise<AirgapStateResult> => {
      try {
        return await activitiesIn(zone, quick).readFillings({ repository, records: own });
      } catch (error) {
        const { sentence } = reasonOf(error);
        return { record: null, unreadable: own.map(({ name }) => ({ repository: name, sentence })) };
      }
    }),
  );
  const found = parts.flatMap(({ record }) => (record === null ? [] : [record]));
  const [newest = null] = found.sort((a, b) => (a.at < b.at ? 1 : -1));
  return { record: newest, unreadable: parts.flatMap(({ unreadable }) => unreadable) };
}

/** Removes the debris of failed attempts from a repository. */
export async function sweep({ audit, person, ...input }: SweepInput): Promise<SweepResult> {
  const { name, zone } = input.repository;
  const swept = await activitiesIn(zone, {
    within: 6 * 3600,
    attempts: 3,
    patience: patient,
  }).sweepRepository(input);
  if (input.dryRun) return swept;
  const told = await recordedOr(openTrail(audit, zone), {
    action: 'repository.swept',
    subject: name,
    outcome: 'done',
    person,
    facts: { removed: swept.removed.length, unfinishedUploads: swept.unfinishedUploads },
  });
  return { ...swept, ...told };
}
