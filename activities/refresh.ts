import {
  dropMarked,
  examineTarget,
  maskDatabase,
  openOnServer,
  publishRemade,
  type ServerPlace,
  targetOn,
} from '../sources/postgres/index.ts';
import { onServer } from './on-server.ts';
import { whileReading } from './reading-marker.ts';
import type { PublishRemadeInput, Remade, RemakeInput } from './refresh-types.ts';
import { type Opened, requireEqual, withPlace } from './restored.ts';
import type { Work } from './work.ts';

/**
 * Restores a copy into a scratch database that nobody else can connect to, compares it, and trims and masks it there. It
 * stays, marked, when all is well; else it is destroyed.
 *
 * @throws HoldfastError `refused` where the target is no refresh's work, `mismatch` where the restored data or the
 *   masked data is not what it must be, `bad-policy` for SQL that fails; and what restores throw
 */
export async function remakeDatabase(work: Work, input: RemakeInput): Promise<Remade> {
  const { repository, backup } = input;
  const { value, warnings } = await whileReading(work, repository, backup, 0, () => remake(work, input));
  return { ...value, warnings: [...value.warnings, ...warnings] };
}

async function remake(work: Work, { refresh, backup, repository, until }: RemakeInput): Promise<Remade> {
  const { server, owner, database, signers, keys } = refresh;
  const startedAt = Date.now();
  const formerOid = await examineTarget(refresh, work);
  const on = onServer(server, until);
  return withPlace(
    work,
    { backup, repository, signers, keys },
    (manifest) => openOnServer(manifest, work, on, { owner, access: false }),
    async (opened, place) => {
      try {
        const warnings = await restoreEqual(opened, place, refresh.jobs);
        work.report({ phase: 'trimming and masking', bytes: 0, bytesPerSecond: 0, elapsed: 0 });
        const counts = await maskDatabase(place.target, refresh, work);
        return {
          ...counts,
          order: {
            scratch: place.database,
            scratchOid: place.oid,
            database,
            formerOid,
            owner,
            workflowId: on.workflowId,
          },
          seconds: (Date.now() - startedAt) / 1000,
          warnings,
        };
      } catch (error) {
        await place.destroy();
        throw error;
      }
    },
  );
}

/**
 * Restores, and compares before anything else is done; warnings.
 *
 * @throws HoldfastError `mismatch` where it is not what was backed up
 */
export async function restoreEqual(
  opened: Opened,
  place: Pick<ServerPlace, 'compare'>,
  jobs: number,
): Promise<string[]> {
  const restored = await opened.restore({ jobs });
  const fingerprint = await restored.fingerprint();
  if (fingerprint === null)
    return ['The backup was made without a fingerprint: what was restored was not compared.'];
  const { differences, warnings } = await place.compare(fingerprint);
  requireEqual(differences);
  return [...restored.facts.warnings, ...warnings];
}

/** @throws HoldfastError `refused` when the databases are not what they were */
export async function publishDatabase(work: Work, input: PublishRemadeInput): Promise<void> {
  const { refresh, backup, order, at, until } = input;
  const made = { refresh: refresh.name, backup: `${backup.source}/${backup.backupId}`, at, until };
  await publishRemade(refresh.server, order, made, work);
}

export async function discardRemade(
  work: Work,
  { refresh, order }: Pick<PublishRemadeInput, 'refresh' | 'order'>,
): Promise<void> {
  await dropMarked(targetOn(refresh.server), work, order.scratch, order.workflowId);
}
