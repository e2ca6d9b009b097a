import { patched, workflowInfo } from '@temporalio/workflow';
import { tryObserve } from './alerting.ts';

/** The alert that a run waits for people's word: open from when they are asked until it is decided. */
export type ApprovalAlert = {
  /** Asks people of a role; a sentence for the run's warnings where they could not be told. */
  ask(question: { role?: string; sentence: string; until: string }): Promise<string | null>;
  /** Tells that it is decided, beside what comes next. */
  decided(): void;
  /** Waits until that is told. */
  settled(): Promise<void>;
};

/**
 * Opens it for the running workflow; without a zone that keeps the alerts nobody is told.
 *
 * @param subject what waits: the workflow's id, with the step where a run may wait for several
 */
export function openApprovalAlert(alertZone: string | undefined, subject: string): ApprovalAlert {
  const observer = `approval/${subject}`;
  let isAsking = false;
  let telling: Promise<unknown> = Promise.resolve();
  return {
    ask: ({ role, sentence, until }) => {
      isAsking = alertZone !== undefined;
      return tryObserve(alertZone, observer, [
        {
          kind: 'approval-asked',
          subject,
          severity: 'warning',
          sentence,
          until,
          ...(role === undefined ? {} : { roles: [role] }),
        },
      ]);
    },
    decided: () => {
      // Runs from before there was such an alert announced their question, and had nothing to cure.
      if (isAsking && patched('approval-decided')) telling = tryObserve(alertZone, observer, []);
      isAsking = false;
    },
    settled: async () => {
      await telling;
    },
  };
}

/**
 * What people are told. Alerts cut long sentences, so what can be missed comes last.
 *
 * @param wish what somebody wants, as a sentence
 */
export function askingSentence(question: {
  command: string;
  wish: string;
  reason: string;
  signatures: 'signed' | 'named';
  until: string;
}): string {
  const { command, wish, reason, signatures, until } = question;
  const { workflowId } = workflowInfo();
  const key = signatures === 'signed' ? ' --sign-with KEYFILE' : '';
  return `${wish} Look with \`holdfast ${command} show ${workflowId}\`, and approve until ${until} with \`holdfast ${command} approve ${workflowId} --as NAME${key}\`. Why: ${reason}`;
}
