import { isCancellation, setCurrentDetails, sleep, uuid4 } from '@temporalio/workflow';
import { isPermanent } from '../policy/errors.ts';
import type { ResolvedRepository } from '../policy/resolved.ts';
import { formatBytes, formatDuration } from '../policy/units.ts';
import type { Reason } from './contract.ts';
import type { RestoreInput } from './contract-restore.ts';
import type { ThawInput, ThawRule, ThawState } from './contract-thaw.ts';
import { failWith, reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';

/** What is asked for, and from where. */
type Question = Pick<RestoreInput, 'backup' | 'signers' | 'zone' | 'thaw'>;

const aDay = 86_400;
/** Seconds before the first question whether a copy has come back, and at most between two of them. */
const firstPause = 300;
const longestPause = 3600;

/**
 * Whether an archive has to bring a copy back before it can be read. Looked at quickly and once: a copy that can't be
 * asked counts as readable, and the attempt tells what is wrong with it.
 */
export async function isAsleep(input: Question, repository: ResolvedRepository): Promise<boolean> {
  if (input.thaw === undefined || repository.kind !== 's3') return false;
  try {
    return (await askFor(input, repository, null, { within: 60, attempts: 1 })).asleep > 0;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return false;
  }
}

/** Waits for a copy until it can be read, where it can't be read now. @throws ApplicationFailure as `untilAwake` */
export async function awaken(
  question: Question & { thaw: ThawRule },
  repository: ResolvedRepository,
): Promise<void> {
  if (await isAsleep(question, repository)) await untilAwake(question, repository, question.thaw);
}

/**
 * Asks an archive for a copy and waits, for hours or days, until all of it can be read. A question that fails for now is
 * asked again.
 *
 * @throws ApplicationFailure `stalled` when it has not come back in time, or the reason why it can't be asked for
 */
export async function untilAwake(
  input: Question,
  repository: ResolvedRepository,
  rule: ThawRule,
): Promise<void> {
  const begun = Date.now();
  const end = begun + rule.patience * 1000;
  const until = new Date(end + aDay * 1000).toISOString();
  const ask = { days: rule.days, reading: { until, id: uuid4().slice(0, 8) } };
  for (let pause = firstPause; ; pause = Math.min(longestPause, 2 * pause)) {
    const state = await stateOrReason(input, repository, ask);
    if ('asleep' in state && state.asleep === 0) return;
    const left = end - Date.now();
    if (left <= 0) throw failWith(gaveUp(repository, rule, state));
    setCurrentDetails(waitingText(input, repository, state, { begun, end, pause }));
    await sleep(Math.min(pause * 1000, left));
  }
}

async function stateOrReason(
  input: Question,
  repository: ResolvedRepository,
  ask: ThawInput['ask'],
): Promise<ThawState | Reason> {
  try {
    return await askFor(input, repository, ask, { within: 600, attempts: 3 });
  } catch (error) {
    const reason = reasonOf(error);
    if (isCancellation(error) || isPermanent(reason.code)) throw error;
    return reason;
  }
}

function askFor(
  { backup, signers, zone }: Question,
  repository: ResolvedRepository,
  ask: ThawInput['ask'],
  limits: { within: number; attempts: number },
): Promise<ThawState> {
  const work = activitiesIn(zone, { ...limits, patience: patient });
  return work.thawCopy({ repository, backup, signers, ask });
}

function gaveUp(repository: ResolvedRepository, { patience }: ThawRule, state: ThawState | Reason): Reason {
  const why =
    'asleep' in state
      ? `${state.asleep} of its ${state.files} files are not back`
      : state.sentence.replace(/\.$/, '');
  const time = formatDuration(patience);
  return {
    code: 'stalled',
    sentence: `Its archive has not brought it back to ${repository.name} within ${time}: ${why}.`,
  };
}

function waitingText(
  { backup }: Question,
  { name }: ResolvedRepository,
  state: ThawState | Reason,
  { begun, end, pause }: { begun: number; end: number; pause: number },
): string {
  const now =
    'asleep' in state
      ? `${state.asleep} of ${state.files} files (${formatBytes(state.bytes)}) are still in the archive.`
      : `The last look failed: ${state.sentence}`;
  return [
    '### Waiting for an archive',
    '',
    `\`${backup.backupId}\` lies in an archive class in **${name}**, which was asked for it at ${new Date(begun).toISOString()}. This takes hours.`,
    '',
    `${now} The next look is in ${formatDuration(pause)}; it is given up at ${new Date(end).toISOString()}.`,
  ].join('\n');
}
