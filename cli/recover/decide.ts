import { resolve } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import type { Context } from '../context.ts';
import { runbookNamed } from '../failovers.ts';
import { personNamed } from '../personal-signature.ts';
import { findRecoverable, type Recoverable, type RecoverOptions } from './recoverable.ts';
import type { Start } from './start.ts';

export type DecideOptions = RecoverOptions &
  Pick<Start, 'state' | 'port' | 'uiPort'> & {
    as?: string;
    reason?: string;
    signWith?: string;
    yes?: boolean;
  };

/** What a person starts, and what this machine has for it. */
export type Decision = { found: Recoverable; start: Start };

/**
 * What is started, asked of whoever sits at the terminal where the options do not say it; null when they said no.
 *
 * @throws HoldfastError `bad-usage` when nobody can be asked
 */
export async function decide(
  context: Context,
  shown: Recoverable,
  options: DecideOptions,
): Promise<Decision | null> {
  const name = await said(context, options.runbook, 'Which runbook?', '--runbook NAME');
  // Which zone this machine stands in for may depend on it.
  const found =
    options.runbook === name ? shown : await findRecoverable(context, { ...options, runbook: name });
  const runbook = runbookNamed(found.here, name);
  const as = await said(context, options.as, 'Your name, as the policy has it?', '--as NAME');
  const person = personNamed(found.here.people, as);
  const reason = await said(context, options.reason, 'What happened, in one line?', '--reason "…"');
  const isSigned = runbook.signatures.real === 'signed';
  const signWith = isSigned
    ? await said(context, options.signWith, 'The file of your SSH key?', '--sign-with KEYFILE')
    : options.signWith;
  const { state, port, uiPort } = options;
  const signed = signWith === undefined ? {} : { signWith };
  const start = { runbook, person, reason, ...signed, state: resolve(state), port, uiPort };
  return options.yes === true || (await isAgreed(context, found, runbook.name)) ? { found, start } : null;
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
