/** Whether a directory's recovery is gone on with, begun anew, or neither. Pure. */
import { HoldfastError } from '../../policy/errors.ts';
import { quoted } from '../shell.ts';
import type { Begun, RecoveryState } from './state.ts';

/** Whether the directory keeps a run whose end was not seen yet. */
export const isUnderWay = ({ declared, ended }: RecoveryState): boolean =>
  declared !== null && ended === null;

/**
 * Whether what a person means now is the run that a directory keeps: true, it goes on; false, another one may begin. A
 * second one is never started beside it, nor is it gone on with as something else.
 *
 * @param alive whether the process that served it last serves it still
 * @throws HoldfastError `already-exists` that says what differs, or where it is at work
 */
export function isGoneOnWith(
  kept: RecoveryState | null,
  wanted: Begun,
  { directory, alive }: { directory: string; alive: boolean },
): boolean {
  if (kept === null) return false;
  if (alive) {
    const { pid, port } = kept.served;
    throw new HoldfastError(
      'already-exists',
      `Another \`holdfast recover\` (process ${pid}) is at work there.`,
      {
        hint: `Follow it: TEMPORAL_ADDRESS=127.0.0.1:${port} holdfast failover status ${kept.runbook} --watch`,
      },
    );
  }
  if (kept.organization !== wanted.organization || kept.repository !== wanted.repository)
    throw new HoldfastError(
      'already-exists',
      `${directory} keeps a recovery from the repository ${kept.repository} of ${kept.organization}.`,
      { hint: 'Name another directory with --state.' },
    );
  if (!isUnderWay(kept)) return false;
  const { at, by } = kept.declared ?? { at: '', by: '' };
  const differences = differencesOf(kept, wanted);
  if (differences.length === 0) return true;
  throw new HoldfastError(
    'already-exists',
    `failover/${kept.runbook} is under way in ${directory}, declared by ${by} at ${at}, and was begun otherwise: ${differences.join('; ')}.`,
    {
      hint: `For something else name another --state, once this run has ended. It goes on with: ${saying(kept)}`,
    },
  );
}

function differencesOf(kept: Begun, wanted: Begun): string[] {
  const parts: [what: string, before: string, now: string][] = [
    ['the runbook', kept.runbook, wanted.runbook],
    ['the disaster', kept.disaster ?? 'none', wanted.disaster ?? 'none'],
    ['the policy', kept.applied, wanted.applied],
    ['the version of the runbook', kept.version.slice(0, 12), wanted.version.slice(0, 12)],
    ['--from', kept.from, wanted.from],
    ['--zone', kept.zones.join(', '), wanted.zones.join(', ')],
    ['--key', keysOf(kept), keysOf(wanted)],
    ['--signing-key', kept.signingKey ?? 'none', wanted.signingKey ?? 'none'],
  ];
  return parts.flatMap(([what, before, now]) =>
    before === now ? [] : [`${what} was ${before}, and is ${now} now`],
  );
}

const keysOf = ({ keys }: Begun): string =>
  Object.entries(keys)
    .map(([name, file]) => `${name}=${file}`)
    .sort()
    .join(' ') || 'none';

/** The options that a run was begun with; whose signature to trust nobody repeats from a file. */
function saying({ from, applied, disaster, runbook, zones, keys, signingKey }: Begun): string {
  return [
    `--from ${quoted(from)} --applied ${quoted(applied)}`,
    disaster === null ? `--runbook ${runbook}` : `--disaster ${disaster}`,
    ...zones.map((zone) => `--zone ${zone}`),
    ...Object.entries(keys).map(([name, file]) => `--key ${quoted(`${name}=${file}`)}`),
    ...(signingKey === null ? [] : [`--signing-key ${quoted(signingKey)}`]),
  ].join(' ');
}
