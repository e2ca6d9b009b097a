import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import type { AuditTarget } from '../policy/resolved.ts';
import { taskQueueOf } from './contract.ts';
import type { AuditAction, AuditEvent } from './contract-audit.ts';
import { failWith, reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';

/** What a workflow tells of something that happened; the trail adds when, in which run, and the event's id. */
export type Happening = {
  action: AuditAction;
  /** What it happened to: `shop/20261121T010000Z-1a2b3c4d`, a repository, a plan. */
  subject: string;
  outcome: AuditEvent['outcome'];
  person?: string | undefined;
  reason?: string | undefined;
  /** SHA-256 of what it is about. */
  hash?: string | undefined;
  facts?: Record<string, string | number> | undefined;
  /** When it happened, where it is recorded later; ISO 8601. */
  at?: string;
  /** Tells it from the run's other events, where the order of calls does not: `copy-offsite`. */
  key?: string;
};

/** Where one run tells what happens in it. Without an audit repository nothing is recorded, and nothing fails. */
export type Trail = {
  /**
   * Records what must not happen unrecorded: call it before a deletion, and go on only when it has returned. All
   * happenings of one call are neighbours in the log unless another writer comes between.
   *
   * @throws ApplicationFailure with the reason's code when the log can't be written
   */
  record(...happenings: Happening[]): Promise<void>;
  /** Records what must not fail for it; a sentence for the result's warnings when the log can't be written. */
  tryRecord(...happenings: Happening[]): Promise<string | null>;
};

const limits = {
  record: { within: 900, attempts: 8, patience: patient },
  tryRecord: { within: 240, attempts: 4, patience: patient },
};

/**
 * Opens the audit log for the running workflow. The worker of the zone appends to that zone's chain; absent, the zone
 * that runs the workflow. What has happened is recorded also when the run is cancelled meanwhile.
 */
export function openTrail(target: AuditTarget | undefined, zone = ownZone()): Trail {
  let count = 0;
  const append = async (kind: keyof typeof limits, happenings: Happening[]): Promise<void> => {
    if (target === undefined || happenings.length === 0) return;
    const events = happenings.map((happening) => {
      count += 1;
      return eventOf(happening, count);
    });
    const work = activitiesIn(zone, limits[kind]);
    await CancellationScope.nonCancellable(() => work.recordAudit({ target, events }));
  };
  return {
    record: async (...happenings) => {
      try {
        await append('record', happenings);
      } catch (error) {
        const { code, sentence } = reasonOf(error);
        throw failWith({ code, sentence: unwritten(sentence) });
      }
    },
    tryRecord: async (...happenings) => {
      try {
        await append('tryRecord', happenings);
        return null;
      } catch (error) {
        return unwritten(reasonOf(error).sentence);
      }
    },
  };
}

/** The zone whose workers run this workflow. */
export const ownZone = (): string => workflowInfo().taskQueue.slice(taskQueueOf('').length);

/** As `tryRecord`, for a result that tells it as a warning. */
export async function recordedOr(trail: Trail, ...happenings: Happening[]): Promise<{ warnings?: string[] }> {
  const unrecorded = await trail.tryRecord(...happenings);
  return unrecorded === null ? {} : { warnings: [unrecorded] };
}

const unwritten = (sentence: string): string => `The audit log could not be written: ${sentence}`;

/** The id is the same whenever this code is replayed or its activity retried, and no other event's. */
function eventOf(
  { key, person, reason, hash, facts, at = now(), ...told }: Happening,
  count: number,
): AuditEvent {
  const { workflowId, runId } = workflowInfo();
  return {
    ...told,
    id: `${workflowId}/${runId}/${key ?? count}`,
    at,
    workflowId,
    runId,
    ...(person === undefined ? {} : { person }),
    ...(reason === undefined ? {} : { reason }),
    ...(hash === undefined ? {} : { hash }),
    ...(facts === undefined ? {} : { facts }),
  };
}

const now = (): string => new Date(Date.now()).toISOString();
