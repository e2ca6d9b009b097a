import { Context } from '@temporalio/activity';
import { HoldfastError } from '../policy/errors.ts';
import type { AuditTarget, ResolvedRepository } from '../policy/resolved.ts';
import { recordEvents, type Witness } from '../repository/audit/index.ts';
import type { RecordInput, RecordResult } from '../workflows/contract-audit.ts';
import { withRepository } from './repositories.ts';
import { inTurn } from './turns.ts';
import { identityOf, type Work } from './work.ts';

/** Seconds that a witness gets: an audit log must not wait for a repository that is away. */
const witnessPatience = 20;

/**
 * Appends events to the chain of this worker's zone and signs its new head. The activities of one worker take turns at
 * a chain; those of different workers meet in the repository, where the number decides.
 *
 * @throws HoldfastError `bad-key` when the zone has no signing key, before anything is written; `corrupt-copy` when
 *   the chain was cut short
 */
export async function recordAudit(work: Work, { target, events }: RecordInput): Promise<RecordResult> {
  const signingKey = await signingKeyOf(work, target);
  const { repository, organization } = target;
  return inTurn(`${repository.name}/${work.zone}`, work.signal, () =>
    withRepository(repository, work.signal, async (store) => {
      const { last, unwitnessed } = await recordEvents({
        store,
        chain: { organization, zone: work.zone },
        events,
        worker: identityOf(work.zone),
        repeated: Context.current().info.attempt > 1,
        signal: work.signal,
        witnesses: target.witnesses
          .filter((witness) => isInReach(witness, work.zone))
          .map((witness) => witnessFor(work, witness)),
        signingKey,
        directory: work.directory,
      });
      for (const { repository, sentence } of unwitnessed)
        work.log('warn', `The head of the audit log was not witnessed in ${repository}: ${sentence}`);
      return { seq: last.number, hash: last.hash, unwitnessed };
    }),
  );
}

/** Whether the workers of a zone can be expected to reach a repository: a directory is its own zone's. */
export const isInReach = (repository: ResolvedRepository, zone: string): boolean =>
  repository.kind !== 'filesystem' || repository.zone === zone;

async function signingKeyOf(work: Work, target: AuditTarget): Promise<string> {
  const ref = target.signingKeys[work.zone];
  if (ref !== undefined) return work.secret(ref);
  throw new HoldfastError('bad-key', `Zone ${work.zone} has no signing key for its audit log.`, {
    hint: `Set zones.${work.zone}.signingKey in the policy.`,
  });
}

function witnessFor(work: Work, repository: ResolvedRepository): Witness {
  return {
    name: repository.name,
    use: async (body) => {
      const patience = AbortSignal.timeout(witnessPatience * 1000);
      const signal = AbortSignal.any([work.signal, patience]);
      try {
        await withRepository(repository, signal, (store) => body(store, signal));
      } catch (error) {
        if (!patience.aborted || work.signal.aborted) throw error;
        throw new HoldfastError(
          'stalled',
          `Repository ${repository.name} did not answer within ${witnessPatience} seconds.`,
        );
      }
    },
  };
}
