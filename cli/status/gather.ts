import type { Client } from '@temporalio/client';
import { type ErrorCode, sentenceOf } from '../../policy/errors.ts';
import type { ResolvedPlan, ResolvedPolicy } from '../../policy/resolved.ts';
import {
  planStandings,
  readAlerts,
  readFollowUps,
  silentZones,
  temporalError,
} from '../../schedules/index.ts';
import { placesOf } from '../../workflows/retention-places.ts';
import {
  type AirgapStatus,
  airgapStatuses,
  fillingsFromHere,
  fillingsThroughWorkers,
} from '../airgap-status.ts';
import type { Context } from '../context.ts';
import type { StatusFacts, WatchFault } from './facts.ts';
import { surveyFromHere, surveyRepositories } from './survey.ts';
import { checkFaults } from './watch.ts';

/** Seconds: a busy worker answers within them. */
const patience = 10;

/** What is asked: some plans, or with `whole` all, and what is of none of them as well. */
export type Question = { policy: ResolvedPolicy; plans: readonly ResolvedPlan[]; whole: boolean; now: Date };

export type Gathered = { facts: StatusFacts; airgapped: AirgapStatus[] };

/** Faults of Temporal, or of the way to it, in which its repositories can still be read. */
const temporalAway: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unreachable',
  'service-unavailable',
  'authentication-failed',
  'access-denied',
  'not-found',
]);

/**
 * Asks Temporal and the repositories how plans stand. What does not answer is told as unknown; nothing here fails for it.
 * Without Temporal there are no workers to ask, and the repositories are read from this machine, as far as it reaches them.
 */
export async function gatherFacts(context: Context, question: Question): Promise<Gathered> {
  try {
    const { client } = await context.temporal();
    return await askTemporal(context, client, question);
  } catch (error) {
    const away = temporalError(error, 'Asking Temporal');
    if (!temporalAway.has(away.code)) throw error;
    return lookFromHere(context, question, sentenceOf(away));
  }
}

async function askTemporal(context: Context, client: Client, question: Question): Promise<Gathered> {
  const { policy, plans, whole, now } = question;
  const names = plans.map(({ name }) => name);
  const silent = await silentZones(client, zonesOf(policy, plans));
  const unheard: WatchFault[] = [];
  const hear = async <Answer>(subject: string, ask: (client: Client) => Promise<Answer>) => {
    if (silent.includes(policy.checks.zone)) return null;
    try {
      return await client.connection.withDeadline(Date.now() + patience * 1000, () => ask(client));
    } catch (error) {
      const { message } = temporalError(error, 'Asking for them');
      unheard.push({ subject, sentence: `They are kept, and what is open is not known: ${message}` });
      return null;
    }
  };
  const [standings, surveys, checks, airgapped, alerts, followUps] = await Promise.all([
    planStandings(client, policy.organization, names),
    surveyRepositories(context, client, plans, silent),
    whole ? checkFaults(client, policy, silent) : [],
    whole ? airgapStatuses(policy, fillingsThroughWorkers(context, client), now) : [],
    hear('alerts', readAlerts),
    hear('follow-ups', readFollowUps),
  ]);
  const watch = [...checks, ...unheard];
  return { facts: { standings, surveys, silentZones: silent, alerts, followUps, watch }, airgapped };
}

async function lookFromHere(
  { io, progress }: Context,
  { policy, plans, whole, now }: Question,
  why: string,
): Promise<Gathered> {
  progress.show('Temporal does not answer: reading the repositories from this machine');
  const [surveys, airgapped] = await Promise.all([
    surveyFromHere(plans, io.signal),
    whole ? airgapStatuses(policy, fillingsFromHere(io.signal), now) : [],
  ]);
  const sentence = `${why} Nobody can tell whether backups run, nor is anybody alerted. What repositories hold was read from this machine.`;
  const watch = [{ subject: 'temporal', sentence }];
  return { facts: { standings: null, surveys, silentZones: [], alerts: null, watch }, airgapped };
}

function zonesOf({ checks }: ResolvedPolicy, plans: readonly ResolvedPlan[]): string[] {
  const zones = plans.flatMap((plan) => {
    const { copies, archives } = placesOf(plan);
    return [plan.source.zone, ...[...copies, ...archives].map(({ zone }) => zone)];
  });
  return [...new Set([checks.zone, ...zones])];
}
