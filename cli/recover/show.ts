import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { formatBytes, formatDuration } from '../../policy/units.ts';
import type { Context } from '../context.ts';
import { disasterLines } from '../declaring.ts';
import type { Lack } from './lacking.ts';
import { nameOfPlace } from './place.ts';
import type { RecoveryPoint } from './points.ts';
import type { Recoverable } from './recoverable.ts';

/** How many backups that are not whole are named. */
const shownPassedOver = 5;

/** What a recovery shows, with keys that stay. */
export function documentOf(found: Recoverable) {
  const { place, repository, recovered, zones, points, elsewhere, lacks, unsigned, temporal } = found;
  const { policy, applied, name, signedBy, newer } = recovered;
  return {
    repository,
    place: nameOfPlace(place),
    organization: policy.organization,
    policy: { applied: name, at: applied.at, hash: applied.hash, signedBy, newer },
    zones,
    points,
    elsewhere,
    unsigned,
    temporal,
    disasters: Object.values(policy.disasters),
    runbooks: Object.values(policy.runbooks).map((runbook) => ({
      name: runbook.name,
      version: runbook.version,
      say: runbook.say,
      class: runbook.class,
      lost: runbook.lost,
      zone: runbook.zone,
      steps: runbook.steps.length,
      lacks: lacks[runbook.name] ?? [],
    })),
  };
}

/** The same for people: whose policy it is, what can be recovered to when, and what each runbook would lack here. */
export function show({ out, colors }: Context, found: Recoverable, now: number): void {
  const { recovered, repository, place, zones, points, elsewhere, lacks, unsigned, temporal } = found;
  const { policy, applied, signedBy, newer } = recovered;
  const ago = (at: string) => formatDuration(Math.max(0, Math.round((now - Date.parse(at)) / 1000)));
  out.line(`Repository ${repository} of ${policy.organization}, in ${nameOfPlace(place)}`);
  out.line(`Policy ${applied.hash.slice(0, 12)}, applied ${applied.at} (${ago(applied.at)} ago)`);
  out.line(`  signed by ${signedBy}, whom you trust`);
  if (newer > 0)
    out.line(colors.yellow(`  ${newer} ${newer === 1 ? 'policy was' : 'policies were'} applied after it`));
  out.line(`This machine stands in for ${zones.join(', ')}.`);
  out.line();
  if (points.length === 0) out.line('No plan has copies in this repository.');
  else
    out.table(
      ['PLAN', 'BACK TO', 'AGE', 'BACKUP', 'SIZE', 'PROVEN', 'KEY'],
      points.map((point) => row(point, ago)),
    );
  for (const point of points) for (const line of notesOn(point)) out.line(`  ${point.plan}: ${line}`);
  if (elsewhere.length > 0) out.line(`Not in this repository: ${elsewhere.join(', ')}.`);
  for (const lack of [unsigned, temporal]) if (lack !== null) out.line(colors.yellow(lack));
  out.line();
  showRunbooks({ out, colors }, policy, lacks);
  for (const disaster of Object.values(policy.disasters)) {
    const [line, ...more] = disasterLines(disaster);
    out.line(`${capital(line ?? '')}. Runbook ${disaster.runbook}`);
    // Who keeps the alerts is not here.
    for (const each of more) out.line(`${each}: by telephone, since no alert is sent from here`);
  }
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

function row(point: RecoveryPoint, ago: (at: string) => string): string[] {
  const { plan, newest, key } = point;
  const opens = `${key.name} ${key.here ? 'here' : 'MISSING'}`;
  if (newest === null) return [plan, 'nothing whole', '', '', '', '', opens];
  const { dataTime, backupId, bytes, provenAt } = newest;
  const proven = provenAt === null ? 'never' : `${ago(provenAt)} ago`;
  return [plan, dataTime.replace(/\.\d+Z$/, 'Z'), ago(dataTime), backupId, formatBytes(bytes), proven, opens];
}

function notesOn({ newest, proven, key, passedOver }: RecoveryPoint): string[] {
  const notes: string[] = [];
  if (newest !== null && proven === null)
    notes.push(
      'no backup here was ever proven by a restore test, and runbooks restore no other: restore it by hand (`--print` has the commands)',
    );
  else if (newest !== null && proven !== null && proven.backupId !== newest.backupId)
    notes.push(`a runbook restores ${proven.backupId} of ${proven.dataTime}, the newest one that was proven`);
  if (newest?.archived) notes.push('it lies in an archive class, which has to bring it back first');
  if (!key.here) notes.push(key.sentence);
  const more = passedOver.length - shownPassedOver;
  return [
    ...notes,
    ...passedOver.slice(0, shownPassedOver).map((sentence) => `passed over: ${sentence}`),
    ...(more > 0 ? [`passed over: ${more} more (--json has them all)`] : []),
  ];
}

function showRunbooks(
  { out, colors }: Pick<Context, 'out' | 'colors'>,
  { runbooks }: ResolvedPolicy,
  lacks: Recoverable['lacks'],
): void {
  const all = Object.values(runbooks);
  if (all.length === 0)
    out.line('The policy has no runbook: restore by hand, with RESTORE.md beside each backup.');
  for (const { name, say, lost, steps } of all) {
    const without = lost.length === 0 ? '' : `, without ${lost.join(' and ')}`;
    out.line(`Runbook ${name}: ${steps.length} steps${without}${say === '' ? '' : `. ${say}`}`);
    for (const line of lackLines(lacks[name] ?? [])) out.line(`  ${colors.yellow(line)}`);
  }
}

/** What is lacking, and which steps stop for it. */
const lackLines = (lacks: readonly Lack[]): string[] =>
  lacks.map(
    ({ sentence, steps }) =>
      `${sentence} ${steps.length === 1 ? 'Stops' : 'Stop'} there: ${steps.join(', ')}.`,
  );
