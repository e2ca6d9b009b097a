import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { surveyCopies } from '../../activities/survey.ts';
import { sentenceOf } from '../../policy/errors.ts';
import type { ResolvedPlan, ResolvedRepository } from '../../policy/resolved.ts';
import { inParallel } from '../../schedules/index.ts';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { RepositorySurvey, SurveyedPlan } from '../../workflows/contract-survey.ts';
import { placesOf } from '../../workflows/retention-places.ts';
import type { Context } from '../context.ts';
import { runToEnd, started, startOptions } from '../run-workflow.ts';
import { unasked } from './repository.ts';

/** What one run tells must fit into one message of Temporal, 2 MB: 300 bytes for each plan in each repository. */
const mostPairs = 4000;

/** The repositories of plans that answer without a person, each once. */
export function repositoriesOf(plans: readonly ResolvedPlan[]): ResolvedRepository[] {
  const all = plans.flatMap((plan) => onlinePlaces(plan));
  return [...new Map(all.map((repository) => [repository.name, repository])).values()];
}

function onlinePlaces(plan: ResolvedPlan): ResolvedRepository[] {
  const { copies, archives } = placesOf(plan);
  return [...copies, ...archives].filter(({ manual }) => manual === undefined);
}

/** What the repositories of plans list, each asked by its own zone; one whose zone is silent is unknown at once. */
export async function surveyRepositories(
  context: Context,
  client: Client,
  plans: readonly ResolvedPlan[],
  silent: readonly string[],
): Promise<RepositorySurvey[]> {
  const repositories = repositoriesOf(plans);
  const asked = repositories.filter(({ zone }) => !silent.includes(zone));
  const unknown = repositories
    .filter(({ zone }) => silent.includes(zone))
    .map(({ name, zone }) => unasked(name, `No worker of its zone ${zone} answers.`));
  const [first] = asked;
  if (first === undefined) return unknown;
  const names = new Set(asked.map(({ name }) => name));
  const parts = await inParallel(parted(plans, names), 4, (part) =>
    runSurvey(context, client, first.zone, asked, part),
  );
  return [...asked.map(({ name }) => joined(name, parts)), ...unknown];
}

/** What the repositories of plans list, read by this machine itself; one that it does not reach is unknown. */
export async function surveyFromHere(
  plans: readonly ResolvedPlan[],
  signal: AbortSignal,
): Promise<RepositorySurvey[]> {
  const repositories = repositoriesOf(plans);
  const names = new Set(repositories.map(({ name }) => name));
  const question = {
    repositories,
    plans: plans.map((plan) => surveyedPlan(plan, names)),
    history: false,
  };
  const surveys = await surveyCopies({ signal, report: () => undefined }, question);
  return surveys.map((survey) =>
    survey.unreadable === null
      ? survey
      : { ...survey, unreadable: `This machine can't read it: ${survey.unreadable}` },
  );
}

/** Plans in parts that fit. */
function parted(plans: readonly ResolvedPlan[], names: ReadonlySet<string>): SurveyedPlan[][] {
  const parts: SurveyedPlan[][] = [];
  let pairs = mostPairs;
  for (const plan of plans) {
    const surveyed = surveyedPlan(plan, names);
    if (pairs + surveyed.repositories.length > mostPairs) {
      parts.push([]);
      pairs = 0;
    }
    pairs += surveyed.repositories.length;
    parts.at(-1)?.push(surveyed);
  }
  return parts;
}

function surveyedPlan(plan: ResolvedPlan, names: ReadonlySet<string>): SurveyedPlan {
  return {
    plan: plan.name,
    source: plan.source.name,
    repositories: onlinePlaces(plan).flatMap(({ name }) => (names.has(name) ? [name] : [])),
    shared: (plan.siblings ?? []).length > 0,
  };
}

async function runSurvey(
  context: Context,
  client: Client,
  zone: string,
  repositories: ResolvedRepository[],
  plans: SurveyedPlan[],
): Promise<RepositorySurvey[]> {
  try {
    const run = await started(
      client.workflow.start<Workflows['survey']>(workflowTypes.survey, {
        ...startOptions({
          zone,
          workflowId: `survey/${randomUUID()}`,
          kind: workflowTypes.survey,
          summary: `How ${plans.length} plans stand in ${repositories.map(({ name }) => name).join(', ')}`,
          timeout: 900,
        }),
        args: [{ repositories, plans }],
      }),
    );
    return (await runToEnd(context, run)).repositories;
  } catch (error) {
    if (context.io.signal.aborted) throw error;
    return repositories.map(({ name }) => unasked(name, sentenceOf(error)));
  }
}

/** One repository's survey of all parts; unknown when any of them is. */
function joined(name: string, parts: readonly RepositorySurvey[][]): RepositorySurvey {
  const own = parts.flatMap((part) => part.filter(({ repository }) => repository === name));
  const [first] = own;
  if (first === undefined) return unasked(name);
  const failed = own.find(({ unreadable }) => unreadable !== null);
  return (
    failed ?? {
      ...first,
      plans: own.flatMap(({ plans }) => plans),
      requests: own.reduce((sum, { requests }) => sum + requests, 0),
    }
  );
}
