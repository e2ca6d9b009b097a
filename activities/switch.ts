import { HoldfastError } from '../policy/errors.ts';
import type { ScratchServer } from '../policy/resolved-proof.ts';
import {
  checkSwitched,
  databaseName,
  dropMarked,
  examineLive,
  openOnServer,
  rehearse,
  type ServerPlace,
  switchDatabases as switchNow,
  targetOn,
  undoSwitch as undoNow,
} from '../sources/postgres/index.ts';
import type { RestoreAttempt } from '../workflows/contract-restore.ts';
import { onServer } from './on-server.ts';
import { runPolicyCommand } from './policy-command.ts';
import type { CommandOutcome } from './policy-command-types.ts';
import { whileReading } from './reading-marker.ts';
import { type Opened, requireEqual, withPlace } from './restored.ts';
import type { PreparedSwitch, PrepareSwitchInput, SwitchStep } from './switch-types.ts';
import type { Work } from './work.ts';

/**
 * Restores a copy into a scratch database beside the live one, under the switching role, and compares it exactly. The
 * scratch database stays, marked, when all is well; else it is destroyed.
 *
 * @throws HoldfastError `mismatch` when it is not what was backed up, `refused` when nothing can prove that it is,
 *   `access-denied` when our role could not switch it in; and what restores throw
 */
export async function prepareSwitch(work: Work, input: PrepareSwitchInput): Promise<PreparedSwitch> {
  const { repository, backup } = input;
  const { value, warnings } = await whileReading(work, repository, backup, 0, () => prepare(work, input));
  return { ...value, notes: [...value.notes, ...warnings] };
}

async function prepare(work: Work, input: PrepareSwitchInput): Promise<PreparedSwitch> {
  const server = serverOf(input);
  const live = await examineLive(server, input.source.database, work);
  const on = onServer(server, input.until);
  const becoming = {
    access: true,
    owner: live.owner,
    ...(live.tablespace === 'pg_default' ? {} : { tablespace: live.tablespace }),
  };
  return withPlace(
    work,
    input,
    (manifest) => openOnServer(manifest, work, on, becoming),
    async (opened, place) => {
      try {
        const attempt = await restoreEqual(input.repository.name, opened, place);
        const scratch = place.database;
        const left = await rehearse(server, { live: live.name, scratch }, work);
        return {
          attempt,
          dataTime: opened.manifest.dataTime,
          order: {
            live: live.name,
            liveOid: live.oid,
            scratch,
            scratchOid: place.oid,
            keptAs: databaseName(live.name, input.keptAs),
            workflowId: on.workflowId,
          },
          liveBytes: live.bytes,
          notes: [
            ...left.map((statement) => `Not carried over, run it as a superuser afterwards: ${statement}`),
            ...live.slots.map((slot) => `The replication slot ${slot} stays with the old database.`),
            ...attempt.warnings,
          ],
        };
      } catch (error) {
        await place.destroy();
        throw error;
      }
    },
  );
}

async function restoreEqual(repository: string, opened: Opened, place: ServerPlace): Promise<RestoreAttempt> {
  const { manifest, signedBy, facts, bytes, ...restored } = await opened.restore();
  const fingerprint = await restored.fingerprint();
  if (fingerprint === null)
    throw new HoldfastError(
      'refused',
      'The backup has no fingerprint, so nothing proves what was restored.',
      {
        hint: 'Restore it into scratch, look at it, and copy what is needed by hand.',
      },
    );
  const { differences, warnings } = await place.compare(fingerprint);
  requireEqual(differences);
  const { tables = null, rows = null } = manifest.fingerprint ?? {};
  return {
    repository,
    signedBy,
    seconds: facts.seconds,
    bytes,
    tables,
    rows,
    differences,
    warnings: [...facts.warnings, ...warnings],
  };
}

/** @throws HoldfastError `refused` when the live database or the scratch database is not what it was */
export async function checkSwitchable(work: Work, { order, ...step }: SwitchStep): Promise<void> {
  const server = serverOf(step);
  const live = await examineLive(server, order.live, work);
  if (live.oid !== order.liveOid)
    throw new HoldfastError('refused', `The live database ${order.live} is another one than was shown.`, {
      hint: 'Somebody replaced it meanwhile. Ask for the switch again.',
    });
  await rehearse(server, order, work);
}

export async function runSwitchCommand(
  work: Work,
  { rule, source, order, which }: SwitchStep & { which: 'quiesce' | 'resume' },
): Promise<CommandOutcome> {
  const command = rule[which];
  if (command === undefined) return { outcome: 'done', seconds: 0, sentence: null };
  const { outcome, seconds, sentence } = await runPolicyCommand(work, command, {
    HOLDFAST_SOURCE: source.name,
    HOLDFAST_DATABASE: order.live,
    HOLDFAST_STEP: which,
  });
  return { outcome, seconds, sentence };
}

/** @throws HoldfastError `refused` or `mismatch` when it can't be done */
export async function switchDatabases(work: Work, { order, ...step }: SwitchStep): Promise<void> {
  const server = serverOf(step);
  await switchNow(server, order, work);
  await checkSwitched(server, order, work);
}

export async function undoSwitch(
  work: Work,
  { order, until, ...step }: SwitchStep & { until: string },
): Promise<boolean> {
  return undoNow(serverOf(step), order, until, work);
}

export async function discardScratch(work: Work, { order, ...step }: SwitchStep): Promise<void> {
  await dropMarked(targetOn(serverOf(step)), work, order.scratch, order.workflowId);
}

/** The live database's own server, as the role that may switch. */
function serverOf({ source, rule }: Pick<SwitchStep, 'source' | 'rule'>): ScratchServer {
  const { name, zone, host, port, ssl } = source;
  const { user, password } = rule;
  return { name, zone, host, port, ssl, user, ...(password === undefined ? {} : { password }) };
}
