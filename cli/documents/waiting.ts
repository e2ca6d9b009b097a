import type { Client } from '@temporalio/client';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import type { Waiting } from '../../reports/checklist.ts';
import { verdictOf } from '../../workflows/failover/details.ts';
import { type Asked, type AskingKind, listAsking } from '../approvals.ts';
import type { Context } from '../context.ts';
import { deletions } from '../deletions.ts';
import { type ListedFailover, listFailovers } from '../failovers.ts';
import { followUpsOf } from '../follow-ups.ts';
import { switches } from '../switches.ts';

/** Runs that are looked at, newest first. */
const most = 50;

/** What waits for people now, as Temporal knows it; what can't be asked is told. */
export async function waitingNow(
  context: Context,
  policy: ResolvedPolicy,
): Promise<{ waiting: Waiting[]; exceptions: string[] }> {
  const looks: [what: string, look: (client: Client) => Promise<Waiting[]>][] = [
    ['deletions', (client) => asking(client, deletions, () => policy.deletion.role)],
    ['switches', (client) => asking(client, switches, () => switchRole(policy))],
    ['failovers and rehearsals', runs],
    ['follow-ups', () => followUps(context)],
  ];
  const result: { waiting: Waiting[]; exceptions: string[] } = { waiting: [], exceptions: [] };
  try {
    const { client } = await context.temporal();
    for (const [what, look] of looks) {
      try {
        result.waiting.push(...(await look(client)));
      } catch {
        result.exceptions.push(`Which ${what} wait for somebody could not be asked.`);
      }
    }
  } catch {
    result.exceptions.push('What waits for somebody could not be asked: Temporal does not answer.');
  }
  return result;
}

async function asking<State extends Asked>(
  client: Client,
  kind: AskingKind<State>,
  role: () => string,
): Promise<Waiting[]> {
  const listed = await listAsking(client, kind, most);
  return listed
    .filter(({ status, phase }) => status === 'running' && (phase === null || phase.includes('approval')))
    .map(({ workflowId, requester, reason, approvals, startedAt }) => ({
      who: role(),
      what: `${workflowId}, asked for by ${requester}: ${reason}${approvals === null ? '' : ` (${approvals} approved)`}`,
      command: `holdfast ${kind.name} show ${workflowId}`,
      since: startedAt,
    }));
}

const switchRole = ({ sources }: ResolvedPolicy): string =>
  [...new Set(Object.values(sources).flatMap(({ switch: rule }) => rule?.role ?? []))].join(', ');

async function runs(client: Client): Promise<Waiting[]> {
  const listed = await listFailovers(client, most);
  return listed
    .filter(({ status }) => status === 'running')
    .flatMap((run) => [...verdicts(run), ...answersWanted(run)]);
}

/** A rehearsal that waits for its owner's word. */
function verdicts({ workflowId, state }: ListedFailover): Waiting[] {
  const wanted = state === null ? null : verdictOf(state);
  if (wanted === null || state?.verdict === undefined) return [];
  const { owner, since } = state.verdict;
  const command = `holdfast failover outcome ${workflowId} NUMBER yes|no`;
  return [{ who: owner, what: `${workflowId}: ${wanted}`, command, since }];
}

function answersWanted({ workflowId, state }: ListedFailover): Waiting[] {
  return (state?.steps ?? []).flatMap((step) =>
    step.waitsFor === null
      ? []
      : [
          {
            who: step.role,
            what: `${workflowId}, ${step.id}: ${step.waitsFor.sentence}`,
            command: `holdfast failover status ${workflowId}`,
            since: step.waitsFor.since,
          },
        ],
  );
}

async function followUps(context: Context): Promise<Waiting[]> {
  const { open } = await followUpsOf(context);
  return open.map(({ id, owner, due, text, notedAt }) => ({
    who: owner,
    what: `${text} (until ${due})`,
    command: `holdfast followup close ${id}`,
    since: notedAt,
  }));
}
