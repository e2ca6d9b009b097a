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
  type RefusedMessage,
} from './contract-deletion.ts';
import type { SwitchInput, SwitchProgress } from './contract-switch.ts';
import { nameOf } from './deletion-text.ts';
import { hear, patience as mostRefusals } from './hear.ts';
import { switchMarkdown } from './switch-details.ts';
import { switchApprovalText } from './switch-text.ts';

/** Where a switch meets people: what it shows, and what they say to it. */
export type SwitchDesk = {
  state(): SwitchProgress;
  show(changes: Partial<SwitchProgress>): void;
  /** One more sentence for people. */
  note(sentence: string): void;
  /** Records what happened; a log that can't be written is told and stops nothing. */
  tell(happening: Omit<Happening, 'subject' | 'hash'>): Promise<void>;
  /** What happened, as the audit log is told of it. */
  happening(happening: Omit<Happening, 'subject' | 'hash'>): Happening;
};

const words = { request: 'this switch', preparing: 'What is switched in is still being restored.' };

/** Shows the run in the query and the current details, and hears Updates and Signals by the same checks. */
export function openSwitchDesk(input: SwitchInput, trail: Trail): SwitchDesk {
  let state = openingState(input);
  const show: SwitchDesk['show'] = (changes) => {
    state = { ...state, ...changes };
    setCurrentDetails(switchMarkdown(state));
  };
  const note: SwitchDesk['note'] = (sentence) => show({ notes: [...state.notes, sentence].slice(-20) });
  const happening: SwitchDesk['happening'] = (told) => ({
    ...told,
    subject: nameOf(input.backup),
    hash: state.hash ?? undefined,
  });
  const tell: SwitchDesk['tell'] = async (told) => {
    const unwritten = await trail.tryRecord(happening(told));
    if (unwritten !== null) note(unwritten);
  };
  const ballot = (): Ballot => ({ ...input, ...state, people: input.people, rule: input.rule, words });
  const answer = (outcome: Answer['outcome'], sentence: string): Answer => ({
    outcome,
    sentence,
    approvals: state.approvals.length,
    needed: input.rule.approvals,
  });

  const refuse = async (what: RefusedMessage['what'], by: string, sentence: string): Promise<Answer> => {
    show({ refused: [...state.refused, { what, by, at: now(), sentence }] });
    const facts = { message: what };
    await tell({ action: 'switch.refused', outcome: 'refused', person: by, reason: sentence, facts });
    return answer('refused', sentence);
  };

  const approve = async (approval: Approval): Promise<Answer> => {
    const early = whyNotApprove(ballot(), approval);
    if (early !== null) return refuse('approval', approval.by, early);
    const check = await checkedSignature(input, approval, switchApprovalText, 'switch');
    const counted = withApproval(ballot(), approval, check, now());
    if ('refusal' in counted) return refuse('approval', approval.by, counted.refusal);
    show({ approvals: counted.approvals });
    const told = answer('approved', approvedSentence(input, state));
    const facts = { key: counted.approvals.at(-1)?.key ?? 'by name' };
    await tell({ action: 'switch.approved', outcome: 'done', person: approval.by, facts });
    return told;
  };

  const cancel = async (cancellation: Cancellation): Promise<Answer> => {
    const refusal = whyNotCancel(ballot(), cancellation);
    if (refusal !== null) return refuse('cancellation', cancellation.by, refusal);
    show({ cancelled: { ...cancellation, at: now() }, phase: 'cancelled' });
    return answer('cancelled', 'It is cancelled, and the live database stays as it is.');
  };

  const isFull = () => state.refused.length >= mostRefusals;
  hear(approveMessage, approve, malformedApproval, refuse.bind(null, 'approval', 'somebody'), isFull);
  hear(
    cancelMessage,
    cancel,
    malformedCancellation,
    refuse.bind(null, 'cancellation', 'somebody'),
    (sent) => isFull() && (sent === null || whyNotCancel(ballot(), sent) !== null),
  );
  setHandler(defineQuery<SwitchProgress>(progressQuery), () => state);
  show({});
  return { state: () => state, show, note, tell, happening };
}

const now = (): string => new Date(Date.now()).toISOString();

function openingState(input: SwitchInput): SwitchProgress {
  const { person, reason, rule, source, people } = input;
  const { approvals, role, signatures, expires } = rule;
  return {
    workflowId: workflowInfo().workflowId,
    phase: 'restoring',
    source: source.name,
    requester: person,
    reason,
    requestedAt: workflowInfo().startTime.toISOString(),
    rule: { approvals, role, signatures, expires },
    approvers: approversOf({ people, requester: person, rule }),
    facts: null,
    text: null,
    hash: null,
    approvals: [],
    refused: [],
    expiresAt: null,
    cancelled: null,
    notes: [],
  };
}

function approvedSentence({ rule }: SwitchInput, { approvals }: SwitchProgress): string {
  if (hasEnough({ approvals, rule }))
    return 'Approved. It has the approvals that it needs, and the switch begins.';
  return `Approved: ${approvals.length} of ${rule.approvals}.`;
}
