import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import { formatBytes } from '../policy/units.ts';
import { faultInWord } from './attachment.ts';
import { recordOutcome } from './board.ts';
import { progressQuery } from './contract.ts';
import {
  type AirgapInput,
  type AirgapProgress,
  type AttachWord,
  attachedSignal,
  attachedUpdate,
  detachedSignal,
  detachedUpdate,
  type Sight,
} from './contract-airgap.ts';

/** A word that waits for an answer. */
export type OpenWord = AttachWord & { answer?: Sight };

/** Where an air-gap run meets people: what it shows, and what they said. */
export type Desk = {
  state(): AirgapProgress;
  show(changes: Partial<AirgapProgress>): void;
  note(sentence: string): void;
  /** Whether somebody has said something that has no answer yet. */
  spoken(): boolean;
  /** The first word without an answer; null when there is none. */
  word(): OpenWord | null;
  /** Answers everybody who has spoken, and who speaks from now on; with null, words wait for an answer again. */
  settle(sight: Sight | null): void;
  /** The last word of the run. */
  end(phase: 'done' | 'failed' | 'aborted', outcome: Parameters<typeof recordOutcome>[0]): void;
};

/** Shows the run in the query and the current details, and hears Updates and Signals by the same checks. */
export function openDesk({ repository, manual, people, plans }: AirgapInput): Desk {
  let state: AirgapProgress = {
    repository: repository.name,
    phase: 'asking to attach',
    asked: 0,
    roles: [manual.role],
    until: null,
    attachedBy: null,
    plans: [],
    expired: [],
    notes: [],
  };
  const words: OpenWord[] = [];
  let settled: Sight | null = null;
  const take = ({ by, fresh }: AttachWord): OpenWord => {
    const word: OpenWord = { by, ...(fresh === undefined ? {} : { fresh }) };
    if (settled !== null) word.answer = settled;
    words.push(word);
    return word;
  };
  const open = () => words.find(({ answer }) => answer === undefined) ?? null;
  const show = (changes: Partial<AirgapProgress>) => {
    state = { ...state, ...changes };
    setCurrentDetails(detailsOf(state, plans.length));
  };
  const note = (sentence: string) => show({ notes: [...state.notes, sentence].slice(-20) });
  const hear = (verb: 'attached' | 'detached', update: string, signal: string) => {
    const check = (word: AttachWord) => faultInWord(word, verb, state, manual, people);
    setHandler(
      defineUpdate<string, [AttachWord]>(update),
      async (said) => {
        const word = take(said);
        await condition(() => word.answer !== undefined);
        if (word.answer?.there === (verb === 'attached')) return word.answer.sentence;
        throw ApplicationFailure.nonRetryable(word.answer?.sentence ?? '', 'not-found');
      },
      {
        validator: (word) => {
          const fault = check(word);
          if (fault !== null) throw ApplicationFailure.nonRetryable(fault, 'bad-usage');
        },
      },
    );
    setHandler(defineSignal<[AttachWord]>(signal), (word) => {
      const fault = check(word);
      if (fault === null) take(word);
      else note(`Refused: ${fault}`);
    });
  };
  hear('attached', attachedUpdate, attachedSignal);
  hear('detached', detachedUpdate, detachedSignal);
  setHandler(defineQuery<AirgapProgress>(progressQuery), () => state);
  show({});
  return {
    state: () => state,
    show,
    note,
    spoken: () => open() !== null,
    word: open,
    settle: (sight) => {
      settled = sight;
      if (sight === null) return;
      for (let word = open(); word !== null; word = open()) word.answer = sight;
    },
    end: (phase, outcome) => {
      show({ phase, until: null });
      recordOutcome(outcome);
    },
  };
}

/** The state as Markdown for the current details in Temporal's Web UI. */
export function detailsOf(state: AirgapProgress, plans: number): string {
  const { repository, phase, asked, roles, until, attachedBy } = state;
  const lines = [`### ${repository}: ${phase}`, ''];
  if (phase === 'asking to attach' || phase === 'asking to detach') {
    const done = phase === 'asking to attach' ? 'attached' : 'detached';
    lines.push(
      `Asked ${roles.join(' and ')}${asked > 1 ? `, ${asked} times by now` : ''}${until === null ? '' : `; gives up at ${until}`}.`,
      '',
      `Say that it is ${done}: \`holdfast repository ${done} ${repository} --as NAME\`, or send the Signal \`${done}Signal\` with \`{"by": "NAME"}\`.`,
    );
  }
  if (attachedBy !== null) lines.push('', `Attached by ${attachedBy}.`);
  if (state.plans.length > 0)
    lines.push(
      '',
      `| plan (${state.plans.length} of ${plans}) | copied | there before | newest data |`,
      '| --- | --- | --- | --- |',
      ...state.plans.map(
        ({ plan, copied, bytes, present, newest }) =>
          `| ${plan} | ${copied} (${formatBytes(bytes)}) | ${present} | ${newest?.dataTime ?? 'none'} |`,
      ),
    );
  for (const { plan, removed, bytes } of state.expired)
    if (removed > 0) lines.push('', `${removed} expired backups of ${plan} removed (${formatBytes(bytes)}).`);
  lines.push(...state.notes.flatMap((text) => ['', `- ${text}`]));
  return lines.join('\n').slice(0, 18_000);
}
