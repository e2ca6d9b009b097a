/** Whether a directory's recovery is gone on with, begun anew, or neither. Pure. */
import { HoldfastError } from '../../policy/errors.ts';
import { lookUp } from '../../policy/lookup.ts';
import { quoted } from '../shell.ts';
import { keyOption, signingKeyOption } from './brought.ts';
import type { Begun, RecoveryState } from './state.ts';

/** Whether the directory keeps a run whose end was not seen yet. */
export const isUnderWay = ({ declared, ended }: RecoveryState): boolean =>
  declared !== null && ended === null;

/** What goes on, as it is now: with what is worth a word; null where another one may begin. */
export type GoneOnWith = { remarks: string[] } | null;

/** Where a directory is, and what is at work in it. */
export type Situation = {
  directory: string;
  /** Whether the process that served it last serves it still. */
  alive: boolean;
  /** What is wrong with keys that were brought, by their options. */
  faults: Readonly<Record<string, string>>;
};

/**
 * Whether what a person means now is the run that a directory keeps. A second one is never started beside it, nor is it gone
 * on with as something else. The directory and keys may lie elsewhere than before, and another key that does as well is taken.
 *
 * @throws HoldfastError `already-exists` that says what differs, or where it is at work
 */
export function goneOnWith(
  kept: RecoveryState | null,
  wanted: Begun,
  { directory, alive, faults }: Situation,
): GoneOnWith {
  if (kept === null) return null;
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
  if (!isUnderWay(kept)) return null;
  const { at, by } = kept.declared ?? { at: '', by: '' };
  const { differences, remarks } = keyChanges(kept, wanted, faults);
  if (mayMove(kept, wanted) && kept.from !== wanted.from)
    remarks.unshift(`The repository is read in ${wanted.from} now, and no more in ${kept.from}.`);
  const all = [...differencesOf(kept, wanted), ...differences];
  if (all.length === 0) return { remarks };
  throw new HoldfastError(
    'already-exists',
    `failover/${kept.runbook} is under way in ${directory}, declared by ${by} at ${at}, and was begun otherwise: ${all.join('; ')}.`,
    {
      hint: `For something else name another --state, once this run has ended. It goes on with: ${saying(kept)}`,
    },
  );
}

type Part = [what: string, before: string, now: string];

function differencesOf(kept: Begun, wanted: Begun): string[] {
  const parts: Part[] = [
    ['the runbook', kept.runbook, wanted.runbook],
    ['the disaster', kept.disaster ?? 'none', wanted.disaster ?? 'none'],
    ['the policy', kept.applied, wanted.applied],
    ['the version of the runbook', kept.version.slice(0, 12), wanted.version.slice(0, 12)],
    ...(mayMove(kept, wanted) ? [] : [['--from', placeIn(kept, kept), placeIn(wanted, kept)] satisfies Part]),
    ['--zone', kept.zones.join(', '), wanted.zones.join(', ')],
  ];
  return parts.flatMap(([what, before, now]) => differs(what, before, now));
}

const differs = (what: string, before: string, now: string): string[] =>
  before === now ? [] : [`${what} was ${before}, and is ${now} now`];

/** A run finds its directory, as its keys, at a link; one of before finds it by its path. */
const mayMove = (kept: Begun, wanted: Begun): boolean =>
  kept.prints !== undefined && kept.bucket === '' && wanted.bucket === '';

/** A state of before does not say how its bucket was reached. */
const placeIn = ({ from, bucket }: Begun, kept: Begun): string =>
  kept.bucket === undefined ? from : `${from} ${bucket ?? ''}`.trim();

/** What a key is counts, and not where it lies; but a run of before finds it by its path alone. */
function keyChanges(kept: Begun, wanted: Begun, faults: Situation['faults']) {
  const differences: string[] = [];
  const remarks: string[] = [];
  const [before, now] = [filesOf(kept), filesOf(wanted)];
  for (const option of new Set([...before.keys(), ...now.keys()])) {
    const [was, is] = [before.get(option), now.get(option)];
    if (was === undefined || is === undefined || kept.prints === undefined)
      differences.push(...differs(option, was ?? 'none', is ?? 'none'));
    else if (isAnother(option, kept, wanted)) {
      const fault = lookUp(faults, option);
      if (fault === undefined)
        remarks.push(`${is} holds another key than the run was begun with; it is taken.`);
      else differences.push(`${option} is another key now, which does not do: ${fault.replace(/\.$/, '')}`);
    }
  }
  return { differences, remarks };
}

const filesOf = ({ keys, signingKey }: Begun): Map<string, string> =>
  new Map([
    ...Object.entries(keys).map(([name, file]) => [keyOption(name), file] as const),
    ...(signingKey === null ? [] : [[signingKeyOption, signingKey] as const]),
  ]);

/** Of a file that can't be read, or could not be then, nobody knows. */
function isAnother(option: string, { prints: before }: Begun, { prints: now }: Begun): boolean {
  const [was, is] = [lookUp(before?.of ?? {}, option), lookUp(now?.of ?? {}, option)];
  return was !== undefined && is !== undefined && was !== is;
}

/** The options that a run was begun with; whose signature to trust nobody repeats from a file. */
function saying({ from, bucket, applied, disaster, runbook, zones, keys, signingKey }: Begun): string {
  return [
    `--from ${quoted(from)}`,
    ...(bucket ? [bucket] : []),
    `--applied ${quoted(applied)}`,
    disaster === null ? `--runbook ${runbook}` : `--disaster ${disaster}`,
    ...zones.map((zone) => `--zone ${zone}`),
    ...Object.entries(keys).map(([name, file]) => `--key ${quoted(`${name}=${file}`)}`),
    ...(signingKey === null ? [] : [`--signing-key ${quoted(signingKey)}`]),
  ].join(' ');
}
