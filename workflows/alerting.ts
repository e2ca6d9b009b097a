import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import type { Ping } from '../policy/resolved-proof.ts';
import { ownZone } from './audit.ts';
import type { AlertFinding, Announcement, PingInput } from './contract-alerts.ts';
import { reasonOf } from './failures.ts';
import { activitiesIn } from './proxies.ts';

/**
 * What tells people must not hold up what it tells of: a few tries, and soon given up.
 */
const shortly = { within: 150, attempts: 3, patience: 120, urgent: true };

/** A watcher that hangs holds up a run at its start and at its end: it is tried once more and no oftener. */
const onceMore = { ...shortly, attempts: 2 };

/** Tells the alerts what an observer finds now; a sentence for the run's warnings where they could not be told. */
export async function tryObserve(
  alertZone: string | undefined,
  observer: string,
  findings: AlertFinding[],
): Promise<string | null> {
  return tryTell(alertZone, { observation: { observer, at: now(), findings } });
}

/**
 * Tells people something that needs no cure; a sentence for the run's warnings where that could not be done.
 *
 * @param at since when it is so; the same of what is told again after a fault, which is told once
 */
export async function tryAnnounce(
  alertZone: string | undefined,
  announcement: Omit<Announcement, 'at'>,
  at = now(),
): Promise<string | null> {
  return tryTell(alertZone, { announcement: { at, ...announcement } });
}

async function tryTell(
  zone: string | undefined,
  told: Pick<Parameters<ReturnType<typeof activitiesIn>['tellAlerts']>[0], 'observation' | 'announcement'>,
): Promise<string | null> {
  if (zone === undefined) return null;
  try {
    await CancellationScope.nonCancellable(() =>
      activitiesIn(ownZone(), shortly).tellAlerts({ zone, ...told }),
    );
    return null;
  } catch (error) {
    return `The alerts could not be told: ${reasonOf(error).sentence}`;
  }
}

const now = (): string => new Date(Date.now()).toISOString();

/** The dead man's switch of one run. */
export type Pings = {
  /** Tells that the run has begun, beside what it does. */
  start(): void;
  /** Tells how it ended; a sentence for the run's warnings where that could not be done. */
  end(what: 'success' | 'failure', text: string): Promise<string | null>;
};

/** Opens the dead man's switch of a plan, or of the checks, for the running workflow; without one nothing is told. */
export function openPings({ ping }: { ping?: Ping | undefined }): Pings {
  const send = async (what: PingInput['what'], text: string): Promise<string | null> => {
    if (ping === undefined) return null;
    const { runId } = workflowInfo();
    try {
      await CancellationScope.nonCancellable(() =>
        activitiesIn(ownZone(), onceMore).ping({ ping, what, runId, text: text.slice(-longestText) }),
      );
      return null;
    } catch (error) {
      return `The watcher outside was not told of the ${what}: ${reasonOf(error).sentence}`;
    }
  };
  let begun: Promise<string | null> = Promise.resolve(null);
  return {
    start: () => {
      begun = send('start', '');
    },
    end: async (what, text) => {
      // In this order: a watcher that hears of the start last waits for another end.
      await begun;
      return send(what, text);
    },
  };
}

const longestText = 10_000;
