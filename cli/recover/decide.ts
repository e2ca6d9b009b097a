import { resolve } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import type { Person } from '../../policy/resolved.ts';
import type { Disaster } from '../../policy/resolved-communication.ts';
import type { ResolvedRunbook } from '../../policy/resolved-failover.ts';
import type { Context } from '../context.ts';
import { chosen } from '../declaring.ts';
import { personNamed } from '../personal-signature.ts';
import { isBelow } from './below.ts';
import { isSaid } from './brought.ts';
import { isGoneOnWith, isUnderWay } from './going-on.ts';
import { nameOfPlace } from './place.ts';
import { findRecoverable, type Recoverable, type RecoverOptions } from './recoverable.ts';
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
  const begun = begunOf(found, what);
  const alive = kept !== null && (await isServed(kept.served));
  const { port, uiPort } = options;
  const start = { ...what, begun, kept, state, port, uiPort };
  if (isGoneOnWith(kept, begun, { directory: state, alive })) {
    context.remark(`failover/${begun.runbook} is under way in ${state}, and goes on.`);
    return { found, start: { ...start, declaring: null } };
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
  const goesOn = kept !== null && isUnderWay(kept);
  const runbook = goesOn
    ? kept.runbook
    : await said(context, undefined, 'Which runbook?', '--runbook NAME, or --disaster NAME');
  const disaster = goesOn ? kept.disaster : null;
  const what = disaster === null ? { runbook } : { disaster };
  const found = await findRecoverable(context, { ...options, ...what });
  return { found, ...chosen(found.here, what) };
}

function begunOf(
  { here, repository, place, recovered, zones, keyFiles, signingKeyFile }: Recoverable,
  { runbook, disaster }: Pick<Chosen, 'runbook' | 'disaster'>,
): Begun {
  return {
    organization: here.organization,
    repository,
    from: nameOfPlace(place),
    applied: recovered.name,
    runbook: runbook.name,
    version: runbook.version,
    disaster: disaster?.name ?? null,
    zones,
    keys: keyFiles,
    signingKey: signingKeyFile,
  };
}

async function declaringOf(
  context: Context,
  { here }: Recoverable,
  { signatures }: ResolvedRunbook,
  options: DecideOptions,
): Promise<Start['declaring']> {
  const as = await said(context, options.as, 'Your name, as the policy has it?', '--as NAME');
  const person = personNamed(here.people, as);
  const reason = await said(context, options.reason, 'What happened, in one line?', '--reason "…"');
  const signWith =
    signatures.real === 'signed'
      ? await said(context, options.signWith, 'The file of your SSH key?', '--sign-with KEYFILE')
      : options.signWith;
  return { person, reason, ...(signWith === undefined ? {} : { signWith }) };
}

async function said(
  { io, json }: Context,
  given: string | undefined,
  question: string,
  option: string,
): Promise<string> {
  if (given !== undefined) return given;
  if (io.ask === null || json)
    throw new HoldfastError('bad-usage', 'Who declares a disaster, and why, is recorded.', {
      hint: `Add ${option}.`,
    });
  return (await io.ask(`${question} `)).trim();
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
