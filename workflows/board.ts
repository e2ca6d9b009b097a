import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  defineQuery,
  defineSignal,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { formatBytes } from '../policy/units.ts';
import { type Outcome, progressQuery } from './contract.ts';
import {
  type BackupPhase,
  type BackupProgress,
  type BackupResult,
  type CopyState,
  type StreamProgress,
  streamedSignal,
} from './contract-backup.ts';
import { progressMarkdown, resultMarkdown } from './details.ts';

const progress = defineQuery<BackupProgress>(progressQuery);
const streamed = defineSignal<[StreamProgress]>(streamedSignal);
const resultAttribute = defineSearchAttributeKey('HoldfastResult', SearchAttributeType.KEYWORD);

/** Where a run's state is shown: the query, and the current details in Temporal's Web UI. */
export type Board = {
  name(backupId: string): void;
  phase(phase: BackupPhase): void;
  copy(repository: string, state: CopyState, note?: string): void;
  warn(sentence: string): void;
  warnings(): string[];
  /** The last word of a run that made a backup. */
  conclude(result: BackupResult): void;
  /** The last word of a run that made none. */
  give(phase: 'failed' | 'aborted', reason: string): void;
};

export function openBoard(plan: string, repositories: string[], startedAt: string): Board {
  let state: BackupProgress = {
    plan,
    backupId: 'not yet named',
    phase: 'preflight',
    startedAt,
    copies: repositories.map((repository) => ({ repository, state: 'waiting' })),
    warnings: [],
  };
  const show = (next: BackupProgress) => {
    state = next;
    setCurrentDetails(progressMarkdown(state, formatBytes));
  };
  setHandler(progress, () => state);
  setHandler(streamed, (stream) => {
    if (state.phase === 'dumping' || state.phase === 'catching up') show({ ...state, stream });
  });
  show(state);
  return {
    name: (backupId) => show({ ...state, backupId }),
    phase: (phase) => show({ ...state, phase }),
    copy: (repository, copyState, note) =>
      show({
        ...state,
        copies: state.copies.map((copy) =>
          copy.repository === repository
            ? { repository, state: copyState, ...(note === undefined ? {} : { note }) }
            : copy,
        ),
      }),
    warn: (sentence) => show({ ...state, warnings: [...state.warnings, sentence] }),
    warnings: () => state.warnings,
    conclude: (result) => {
      state = { ...state, phase: 'done' };
      setCurrentDetails(resultMarkdown(result, formatBytes));
      recordOutcome(result.result);
    },
    give: (phase, reason) => {
      show({ ...state, phase, reason });
      recordOutcome(phase);
    },
  };
}

/** Makes the outcome findable in lists of workflows. */
export function recordOutcome(outcome: Outcome): void {
  upsertSearchAttributes([{ key: resultAttribute, value: outcome }]);
}
