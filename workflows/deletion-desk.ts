import { defineQuery, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { checkedSignature } from './approval-signature.ts';
import {
  approversOf,
  type Ballot,
  hasEnough,
  malformedApproval,
  malformedCancellation,
  whyNotApprove,
  whyNotCancel,
  withApproval,
} from './approvals.ts';
import type { Happening, Trail } from './audit.ts';
import { progressQuery } from './contract.ts';
import {
  type Answer,
  type Approval,
  approveMessage,
  type Cancellation,
  cancelMessage,
  type DeletionInput,
  type DeletionProgress,
  type RefusedMessage,
} from './contract-deletion.ts';
import { deletionMarkdown } from './deletion-details.ts';
import { approvalText, nameOf } from './deletion-text.ts';
import { hear, patience as mostRefusals } from './hear.ts';

/** Where a deletion meets people: what it shows, and what they say to it. */
export type Desk = {
  state(): DeletionProgress;
  show(changes: Partial<DeletionProgress>): void;
  /** Records one event for each backup; a log that can't be written is told and stops nothing. */
  tell(happening: Omit<Happening, 'subject' | 'hash'>): Promise<void>;
};

/** One event for each backup of a deletion. */
export function happeningsOf(
  { backups, list }: DeletionProgress,
  happening: Omit<Happening, 'subject' | 'hash'>,
): Happening[] {
  return backups.map((backup) => ({ ...happening, subject: nameOf(backup), hash: list?.sha256 }));
}

/** Shows the run in the query and the current details, and hears Updates and Signals by the same checks. */
export function openDesk(input: DeletionInput, trail: Trail): Desk {
  let state = openingState(input);
  const show = (changes: Partial<DeletionProgress>) => {
    state = { ...state, ...changes };
    setCurrentDetails(deletionMarkdown(state));
  };
  const note = (sentence: string | null) => {
    if (sentence !== null) show({ sentences: [...state.sentences, sentence].slice(-20) });
  };
  const ballot = (): Ballot => ({ ...input, ...state, hash: state.list?.sha256 ?? null });
  const answer = (outcome: Answer['outcome'], sentence: string): Answer => ({
    outcome,
    sentence,
    approvals: state.approvals.length,
    needed: input.rule.approvals,
  });

  const refuse = async (what: RefusedMessage['what'], by: string, sentence: string): Promise<Answer> => {
    show({ refused: [...state.refused, { what, by, at: new Date(Date.now()).toISOString(), sentence }] });
    const [first] = happeningsOf(state, {
      action: 'deletion.refused',
      outcome: 'refused',
      person: by,
      reason: sentence,
      facts: { message: what, backups: state.backups.length },
    });
    if (first !== undefined) note(await trail.tryRecord(first));
    return answer('refused', sentence);
  };

  const approve = async (approval: Approval): Promise<Answer> => {
    const early = whyNotApprove(ballot(), approval);
    if (early !== null) return refuse('approval', approval.by, early);
    const check = await checkedSignature(input, approval, approvalText);
    const counted = withApproval(ballot(), approval, check, new Date(Date.now()).toISOString());
    if ('refusal' in counted) return refuse('approval', approval.by, counted.refusal);
    show({ approvals: counted.approvals });
    const told = answer('approved', approvedSentence(state));
    await desk.tell({
      action: 'deletion.approved',
      outcome: 'done',
      person: approval.by,
      facts: { key: counted.approvals.at(-1)?.key ?? 'by name' },
    });
    return told;
  };

  const cancel = async (cancellation: Cancellation): Promise<Answer> => {
    const refusal = whyNotCancel(ballot(), cancellation);
    if (refusal !== null) return refuse('cancellation', cancellation.by, refusal);
    const { by, reason } = cancellation;
    show({ cancelled: { by, reason, at: new Date(Date.now()).toISOString() }, phase: 'cancelled' });
    return answer('cancelled', 'It is cancelled, and nothing is deleted.');
  };

  const desk: Desk = {
    state: () => state,
    show,
    tell: async (happening) => note(await trail.tryRecord(...happeningsOf(state, happening))),
  };
  const isFull = () => state.refused.length >= mostRefusals;
  hear(approveMessage, approve, malformedApproval, refuse.bind(null, 'approval', 'somebody'), isFull);
  hear(
    cancelMessage,
    cancel,
    malformedCancellation,
    refuse.bind(null, 'cancellation', 'somebody'),
    // One that is followed is the last message; no noise may keep it out.
    (sent) => isFull() && (sent === null || whyNotCancel(ballot(), sent) !== null),
  );
  setHandler(defineQuery<DeletionProgress>(progressQuery), () => state);
  show({});
  return desk;
}

function openingState(input: DeletionInput): DeletionProgress {
  const { requester, reason, backups, rule } = input;
  return {
    workflowId: workflowInfo().workflowId,
    phase: 'examining',
    requester,
    reason,
    requestedAt: workflowInfo().startTime.toISOString(),
    backups,
    rule,
    approvers: approversOf(input),
    list: null,
    approvals: [],
    refused: [],
    expiresAt: null,
    due: null,
    cancelled: null,
    copies: [],
    sentences: [],
  };
}

function approvedSentence(state: DeletionProgress): string {
  const { approvals, rule } = state;
  if (hasEnough(state)) return 'Approved. It has the approvals that it needs, and the delay begins.';
  return `Approved: ${approvals.length} of ${rule.approvals}.`;
}
