import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import { progressQuery } from './contract.ts';
import {
  type Confirmation,
  confirmMessage,
  type RetentionInput,
  type RetentionProgress,
} from './contract-retention.ts';
import { retentionMarkdown } from './retention-details.ts';

/** Where a run of retention meets people: what it shows, and whom it asks. */
export type RetentionDesk = {
  state(): RetentionProgress;
  show(changes: Partial<RetentionProgress>): void;
  except(...sentences: string[]): void;
  /** Waits so many seconds for a person who agrees; null when nobody did. */
  askForConfirmation(seconds: number): Promise<string | null>;
};

const mostExceptions = 200;

export function openRetentionDesk({ plan, mode }: RetentionInput): RetentionDesk {
  let state: RetentionProgress = {
    plan: plan.name,
    mode,
    phase: 'surveying',
    now: null,
    weighed: null,
    confirmedBy: null,
    confirmUntil: null,
    exceptions: [],
    warnings: [],
  };
  const show = (changes: Partial<RetentionProgress>) => {
    state = { ...state, ...changes };
    setCurrentDetails(retentionMarkdown(state));
  };
  const confirm = ({ by }: Confirmation): string => {
    if (state.confirmUntil === null) return 'Nothing is to be confirmed.';
    if (state.confirmedBy === null) show({ confirmedBy: by.trim() });
    return `Confirmed by ${state.confirmedBy}.`;
  };
  setHandler(defineUpdate<string, [Confirmation]>(confirmMessage), confirm, {
    validator: (sent) => {
      const fault = malformed(sent) ?? (state.confirmUntil === null ? 'It waits for no confirmation.' : null);
      if (fault !== null) throw ApplicationFailure.nonRetryable(fault, 'bad-usage');
    },
  });
  setHandler(defineSignal<[Confirmation]>(confirmMessage), (sent) => {
    if (malformed(sent) === null) confirm(sent);
  });
  setHandler(defineQuery<RetentionProgress>(progressQuery), () => state);
  show({});
  return {
    state: () => state,
    show,
    except: (...sentences) =>
      show({ exceptions: [...state.exceptions, ...sentences].slice(0, mostExceptions) }),
    askForConfirmation: async (seconds) => {
      show({
        phase: 'waiting for confirmation',
        confirmUntil: new Date(Date.now() + seconds * 1000).toISOString(),
      });
      await condition(() => state.confirmedBy !== null, seconds * 1000);
      show({ confirmUntil: null });
      return state.confirmedBy;
    },
  };
}

/** Signals come from outside and may hold anything. */
function malformed(sent: unknown): string | null {
  const by = typeof sent === 'object' && sent !== null && 'by' in sent ? sent.by : undefined;
  if (typeof by === 'string' && /^[^\p{Cc}]{1,100}$/u.test(by) && by.trim() !== '') return null;
  return 'A confirmation says who gives it: {"by": "NAME"}.';
}
