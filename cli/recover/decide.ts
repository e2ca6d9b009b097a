import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import type { Person } from '../../policy/resolved.ts';
import type { Disaster } from '../../policy/resolved-communication.ts';
import type { ResolvedRunbook } from '../../policy/resolved-failover.ts';
import { faultInLine } from '../../workflows/approvals.ts';
import type { Context } from '../context.ts';
import { chosen } from '../declaring.ts';
import { personNamed, requireOwnKey } from '../personal-signature.ts';
import { isBelow } from './below.ts';
import { isSaid } from './brought.ts';
import { goneOnWith, isUnderWay } from './going-on.ts';
import { bucketOptions, nameOfPlace } from './place.ts';
import { keysBrought, onThisMachine, type Recoverable, type RecoverOptions } from './recoverable.ts';
import { said } from './said.ts';
import { isServed } from './served.ts';
import { type Begun, type RecoveryState, readState } from './state.ts';

export type DecideOptions = RecoverOptions & {
  state: string;
  port: number;
  uiPort: number;
  as?: string;
  reason?: string;
  signWith?: string;
  yes?: boolean;
};

/** What is started: a run that a person declares, or the one that a directory keeps. */
export type Start = {
  runbook: ResolvedRunbook;
  disaster?: Disaster;
  /** Null where the run that is kept goes on. */
  declaring: { person: Person; reason: string; signWith?: string } | null;
  begun: Begun;
  /** What the directory keeps so far. */
  kept: RecoveryState | null;
  /** A directory of this machine that keeps the run, the policy and the report. */
  state: string;
  port: number;
  uiPort: number;
};

/** What a person starts, and what this machine has for it. */
export type Decision = { found: Recoverable; start: Start };

/**
 * What is started, asked of whoever sits at the terminal where the options do not say it; null when they said no. Of a run
 * that goes on nothing is asked: it was declared.
 *
 * @throws HoldfastError `bad-usage` when nobody can be asked, `already-exists` when another run is kept
 */
export async function decide(
  context: Context,
  shown: Recoverable,
  options: DecideOptions,
): Promise<Decision | null> {
  const state = resolve(options.state);
  if (shown.place.kind === 'filesystem' && (await isBelow(state, shown.place.path)))
    throw new HoldfastError('bad-usage', `${state} lies in the repository, which stays as it is.`, {
      hint: 'Name a directory of this machine with --state.',
    });
  const kept = await readState(state);
  const { found, ...what } = await chosenHere(context, shown, options, kept);
  const { prints, faults } = await keysBrought(context, found, kept?.prints?.salt);
  const begun = { ...begunOf(found, what), prints };
  const alive = kept !== null && (await isServed(kept.served));
  const { port, uiPort } = options;
  const start = { ...what, begun, kept, state, port, uiPort };
  const goesOn = goneOnWith(kept, begun, { directory: state, alive, faults });
  if (kept !== null && goesOn !== null) {
    for (const remark of goesOn.remarks) context.remark(remark);
    context.remark(`failover/${begun.runbook} is under way in ${state}, and goes on.`);
    // Absent stays absent: a run of before finds its keys by their paths, whoever goes on with it.
    const known = kept.prints && { ...prints, of: { ...kept.prints.of, ...prints.of } };
    return { found, start: { ...start, begun: { ...begun, prints: known }, declaring: null } };
  }
  const declaring = await declaringOf(context, found, what.runbook, options);
  const agreed = options.yes === true || (await isAgreed(context, found, what.runbook.name));
  return agreed ? { found, start: { ...start, declaring } } : null;
}

type Chosen = { found: Recoverable; runbook: ResolvedRunbook; disaster?: Disaster };

/** The runbook that is meant, as this machine has it: which zone it stands in may depend on that. */
async function chosenHere(
  context: Context,
  shown: Recoverable,
  options: DecideOptions,
  kept: RecoveryState | null,
): Promise<Chosen> {
  if (isSaid(options)) return { found: shown, ...chosen(shown.here, options) };
  const what =
    kept !== null && isUnderWay(kept)
      ? whatHappened(kept)
      : await said(context, undefined, questions.runbook, (name) => ({
          runbook: chosen(shown.here, { runbook: name }).runbook.name,
        }));
  const found = await onThisMachine(context, shown, { ...options, ...what });
  return { found, ...chosen(found.here, what) };
}

const whatHappened = ({ runbook, disaster }: RecoveryState) =>
  disaster === null ? { runbook } : { disaster };

function begunOf(
  { here, repository, place, recovered, zones, keyFiles, signingKeyFile }: Recoverable,
  { runbook, disaster }: Pick<Chosen, 'runbook' | 'disaster'>,
): Begun {
  return {
    organization: here.organization,
    repository,
    from: nameOfPlace(place),
    bucket: bucketOptions(place),
    applied: recovered.name,
    runbook: runbook.name,
    version: runbook.version,
    disaster: disaster?.name ?? null,
    zones,
    keys: keyFiles,
    signingKey: signingKeyFile,
  };
}

const recorded = 'Who declares a disaster, and why, is recorded.';

const questions = {
  runbook: {
    question: 'Which runbook?',
    option: '--runbook NAME, or --disaster NAME',
    without: 'Nobody said what happened.',
  },
  as: { question: 'Your name, as the policy has it?', option: '--as NAME', without: recorded },
  reason: { question: 'What happened, in one line?', option: '--reason "…"', without: recorded },
  signWith: {
    question: 'The file of your SSH key?',
    option: '--sign-with KEYFILE',
    without: 'The declaration of this runbook is signed.',
  },
} as const;

/** Who declares it and why, each checked before anything is started. */
async function declaringOf(
  context: Context,
  { here }: Recoverable,
  { signatures }: ResolvedRunbook,
  options: DecideOptions,
): Promise<NonNullable<Start['declaring']>> {
  const { people } = here;
  const person = await said(context, options.as, questions.as, (name) => personNamed(people, name));
  const reason = await said(context, options.reason, questions.reason, oneLine);
  if (signatures.real !== 'signed' && options.signWith === undefined) return { person, reason };
  const signWith = await said(context, options.signWith, questions.signWith, async (text) => {
    // No shell has read an answer, nor what stands behind an equals sign.
    const file = text.replace(/^~(?=\/)/, homedir());
    await requireOwnKey(people, { person, keyFile: file }, context.io.signal);
    return file;
  });
  return { person, reason, signWith };
}

/** @throws HoldfastError `bad-usage` for what could not be recorded */
function oneLine(reason: string): string {
  const fault = faultInLine('reason', reason);
  if (fault === null) return reason;
  throw new HoldfastError('bad-usage', fault, { hint: 'Say in one line what happened: --reason "…".' });
}

async function isAgreed({ io, json }: Context, { lacks }: Recoverable, runbook: string): Promise<boolean> {
  if (io.ask === null || json)
    throw new HoldfastError('bad-usage', 'Nothing was started, because nobody could be asked.', {
      hint: 'Add --yes to start without a question.',
    });
  const stops = new Set((lacks[runbook] ?? []).flatMap(({ steps }) => steps));
  const but = stops.size === 0 ? '' : `, although ${stops.size} of its steps will stop`;
  const answer = await io.ask(`Declare the disaster and run ${runbook} in earnest${but}? [y/N] `);
  return /^y(es)?$/i.test(answer.trim());
}
