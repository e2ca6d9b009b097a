import { defineQuery, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { type ApprovalAlert, openApprovalAlert } from './approval-alert.ts';
import { type ApprovalDesk, hearApprovals, openApprovalDesk, type Proposal } from './approval-desk.ts';
import { approversOf } from './approvals.ts';
import type { Happening, Trail } from './audit.ts';
import { progressQuery } from './contract.ts';
import type { DeletionInput, DeletionProgress } from './contract-deletion.ts';
import { deletionMarkdown } from './deletion-details.ts';
import { approvalText, deletionWords, nameOf } from './deletion-text.ts';

/** Where a deletion meets people: what it shows, and what they say to it. */
export type Desk = {
  state(): DeletionProgress;
  show(changes: Partial<DeletionProgress>): void;
  /** Records one event for each backup; a log that can't be written is told and stops nothing. */
  tell(happening: Omit<Happening, 'subject' | 'hash'>): Promise<void>;
} & Pick<ApprovalDesk, 'approvedInTime'> & { alert: ApprovalAlert };

const words: Proposal['words'] = {
  ...deletionWords,
  next: 'the delay begins',
  cancelled: 'It is cancelled, and nothing is deleted.',
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
  const tell: Desk['tell'] = async (happening) =>
    note(await trail.tryRecord(...happeningsOf(state, happening)));
  const { zone, requester, people, rule } = input;
  const alert = openApprovalAlert(input.alertZone, workflowInfo().workflowId);
  const approvals = openApprovalDesk(
    { zone, requester, people, rule, words, textOf: approvalText, alert },
    {
      standing: () => ({ ...state, hash: state.list?.sha256 ?? null }),
      show,
      tellApproved: (by, key) =>
        tell({ action: 'deletion.approved', outcome: 'done', person: by, facts: { key } }),
      tellRefused: async ({ what, by, sentence }) => {
        const [first] = happeningsOf(state, {
          action: 'deletion.refused',
          outcome: 'refused',
          person: by,
          reason: sentence,
          facts: { message: what, backups: state.backups.length },
        });
        if (first !== undefined) note(await trail.tryRecord(first));
      },
    },
  );
  hearApprovals(approvals);
  setHandler(defineQuery<DeletionProgress>(progressQuery), () => state);
  show({});
  return { state: () => state, show, tell, approvedInTime: approvals.approvedInTime, alert };
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
