import { defineQuery, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { type ApprovalAlert, openApprovalAlert } from './approval-alert.ts';
import { type ApprovalDesk, hearApprovals, openApprovalDesk, type Proposal } from './approval-desk.ts';
import { approversOf } from './approvals.ts';
import type { Happening, Trail } from './audit.ts';
import { progressQuery } from './contract.ts';
import type { SwitchInput, SwitchProgress } from './contract-switch.ts';
import { nameOf } from './deletion-text.ts';
import { switchMarkdown } from './switch-details.ts';
import { switchApprovalText, switchWords } from './switch-text.ts';

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
} & Pick<ApprovalDesk, 'approvedInTime'> & { alert: ApprovalAlert };

const words: Proposal['words'] = {
  ...switchWords,
  next: 'the switch begins',
  cancelled: 'It is cancelled, and the live database stays as it is.',
};

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
  const { zone, person, people, rule } = input;
  const alert = openApprovalAlert(input.alertZone, workflowInfo().workflowId);
  const approvals = openApprovalDesk(
    { zone, requester: person, people, rule, words, textOf: switchApprovalText, purpose: 'switch', alert },
    {
      standing: () => state,
      show,
      tellApproved: (by, key) =>
        tell({ action: 'switch.approved', outcome: 'done', person: by, facts: { key } }),
      tellRefused: ({ what, by, sentence }) =>
        tell({
          action: 'switch.refused',
          outcome: 'refused',
          person: by,
          reason: sentence,
          facts: { message: what },
        }),
    },
  );
  hearApprovals(approvals);
  setHandler(defineQuery<SwitchProgress>(progressQuery), () => state);
  show({});
  return { state: () => state, show, note, tell, happening, approvedInTime: approvals.approvedInTime, alert };
}

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
