import { condition } from '@temporalio/workflow';
import type { Person } from '../policy/resolved.ts';
import type { ApprovalAlert } from './approval-alert.ts';
import { checkedSignature } from './approval-signature.ts';
import {
  type Ballot,
  type BallotWords,
  hasEnough,
  malformedApproval,
  malformedCancellation,
  whyNotApprove,
  whyNotCancel,
  withApproval,
} from './approvals.ts';
import {
  type Answer,
  type Approval,
  type ApprovalRule,
  approveMessage,
  type Cancellation,
  cancelMessage,
  type RefusedMessage,
} from './contract-approval.ts';
import { hear, patience as mostRefusals } from './hear.ts';

/** What people are asked to approve: who asked, who may approve, and what their signatures are over. */
export type Proposal = {
  /** Whose worker checks signatures. */
  zone: string;
  requester: string;
  people: readonly Person[];
  rule: ApprovalRule;
  words: BallotWords & {
    /** What the last approval lets begin: `the delay begins`. */
    next: string;
    /** What a cancellation is answered. */
    cancelled: string;
  };
  /** The text that is signed, as the approver was given it. */
  textOf: Parameters<typeof checkedSignature>[2];
  /** Set where it is no deletion: no signature counts for another purpose. */
  purpose?: Parameters<typeof checkedSignature>[3];
  /** What those who may approve are told by. */
  alert: ApprovalAlert;
};

/** How far a proposal is. */
export type Standing = Pick<Ballot, 'phase' | 'hash' | 'approvals'> & {
  refused: readonly RefusedMessage[];
  cancelled: Cancellation | null;
};

/** What messages and time change of it. */
export type Turn = {
  phase?: 'cancelled' | 'expired';
  approvals?: Ballot['approvals'];
  refused?: RefusedMessage[];
  cancelled?: Cancellation & { at: string };
};

/** The run that asks: it keeps the standing, and tells the audit log. */
export type Asking = {
  standing(): Standing;
  show(turn: Turn): void;
  /** Of an approval that counts, after it was shown. */
  tellApproved(by: string, key: string): Promise<void>;
  /** Of a message that is not followed, after it was shown. */
  tellRefused(message: RefusedMessage): Promise<void>;
};

/** Where one proposal is approved. */
export type ApprovalDesk = {
  approve(approval: Approval): Promise<Answer>;
  cancel(cancellation: Cancellation): Promise<Answer>;
  refuse(what: RefusedMessage['what'], by: string, sentence: string): Promise<Answer>;
  /** Whether so much was refused that this message is not heard; a cancellation that counts always is. */
  isFull(sent?: Cancellation | null): boolean;
  /** Whether enough people approve before the request expires; false also when it is cancelled. */
  approvedInTime(): Promise<boolean>;
};

/** Judges messages by the rules of law 8, each twice: before its signature is checked, and after. */
export function openApprovalDesk(proposal: Proposal, asking: Asking): ApprovalDesk {
  const { rule, words, textOf, purpose, alert } = proposal;
  const ballot = (): Ballot => ({ ...proposal, ...asking.standing() });
  const isEnough = () => hasEnough(ballot());
  const answer = (outcome: Answer['outcome'], sentence: string): Answer => ({
    outcome,
    sentence,
    approvals: asking.standing().approvals.length,
    needed: rule.approvals,
  });

  const refuse: ApprovalDesk['refuse'] = async (what, by, sentence) => {
    const message: RefusedMessage = { what, by, at: now(), sentence };
    asking.show({ refused: [...asking.standing().refused, message] });
    await asking.tellRefused(message);
    return answer('refused', sentence);
  };

  return {
    refuse,
    approve: async (approval) => {
      const early = whyNotApprove(ballot(), approval);
      if (early !== null) return refuse('approval', approval.by, early);
      const check = await checkedSignature(proposal, approval, textOf, purpose);
      const counted = withApproval(ballot(), approval, check, now());
      if ('refusal' in counted) return refuse('approval', approval.by, counted.refusal);
      const { approvals } = counted;
      asking.show({ approvals });
      const sentence = isEnough()
        ? `Approved. It has the approvals that it needs, and ${words.next}.`
        : `Approved: ${approvals.length} of ${rule.approvals}.`;
      // Counted before the log is written: others may speak meanwhile.
      const told = answer('approved', sentence);
      await asking.tellApproved(approval.by, approvals.at(-1)?.key ?? 'by name');
      return told;
    },
    cancel: async (cancellation) => {
      const { by, reason } = cancellation;
      const refusal = whyNotCancel(ballot(), cancellation);
      if (refusal !== null) return refuse('cancellation', by, refusal);
      asking.show({ cancelled: { by, reason, at: now() }, phase: 'cancelled' });
      return answer('cancelled', words.cancelled);
    },
    isFull: (sent = null) =>
      asking.standing().refused.length >= mostRefusals &&
      (sent === null || whyNotCancel(ballot(), sent) !== null),
    approvedInTime: async () => {
      const isCancelled = () => asking.standing().cancelled !== null;
      try {
        await condition(() => isEnough() || isCancelled(), rule.expires * 1000);
      } finally {
        alert.decided();
      }
      if (isCancelled()) return false;
      if (isEnough()) return true;
      asking.show({ phase: 'expired' });
      return false;
    },
  };
}

/** Hears approvals and cancellations, as Updates and as Signals, for a run that asks for one thing. */
export function hearApprovals({ approve, cancel, refuse, isFull }: ApprovalDesk): void {
  hear(approveMessage, approve, malformedApproval, refuse.bind(null, 'approval', 'somebody'), () => isFull());
  // One that is followed is the last message; no noise may keep it out.
  hear(cancelMessage, cancel, malformedCancellation, refuse.bind(null, 'cancellation', 'somebody'), isFull);
}

const now = (): string => new Date(Date.now()).toISOString();
