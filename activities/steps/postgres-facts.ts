/** What the steps of a PostgreSQL failover tell each other and people. Pure. */
import { formatBytes, formatDuration } from '../../policy/units.ts';
import type { Loss, PrimaryPosition } from '../../sources/postgres/failover/index.ts';
import { type Fact, knownFacts, type StepRun } from '../../workflows/contract-failover-steps.ts';
import { factsNamed } from './said.ts';

/** Of a fenced server, its name. */
export const fencedFact = 'fenced';
/** Of a promoted server, its name. */
export const promotedFact = 'promoted';

/** What a standby has received and not replayed; known of nothing but a standby. */
export const toReplayFact = 'received and not replayed';

const positionFact = (server: string): string => `log position of ${server}`;

export const isFenced = ({ results }: Pick<StepRun, 'results'>, server: string): boolean =>
  factsNamed(results, fencedFact).some(({ value }) => value === server);

/** How far a primary had written right before it was fenced. */
export const positionOf = (server: string, { position, at }: PrimaryPosition): Fact => ({
  name: positionFact(server),
  value: `${position} at ${at}`,
});

/** What the step that fenced a server found of its position; null where nothing is known. */
export function fencedPosition(
  { results }: Pick<StepRun, 'results'>,
  server: string,
): PrimaryPosition | null {
  for (const { value } of factsNamed(results, positionFact(server))) {
    const [, position, at] = /^([0-9A-F]+\/[0-9A-F]+) at (\S+)$/.exec(value) ?? [];
    if (position !== undefined && at !== undefined) return { position, at };
  }
  return null;
}

/** What promotion loses, as approvers are shown it. */
export function lossFacts({ seconds, bytes, newestData, measured }: Loss): Fact[] {
  const limit = measured ? '' : 'at most ';
  return [
    seconds === null
      ? {
          name: knownFacts.lagSeconds,
          value: 'unknown',
        }
      : {
          name: knownFacts.lagSeconds,
          value: `${limit}${formatDuration(seconds)}`,
          number: seconds,
          unit: 'seconds',
        },
    bytes === null
      ? { name: knownFacts.lagBytes, value: 'unknown: the primary does not answer' }
      : { name: knownFacts.lagBytes, value: formatBytes(bytes), number: bytes, unit: 'bytes' },
    ...(newestData === null ? [] : [{ name: knownFacts.newestData, value: newestData }]),
    { name: 'predicted loss', value: predicted({ seconds, bytes, newestData, measured }) },
  ];
}

function predicted({ seconds, bytes, newestData, measured }: Loss): string {
  if (measured && bytes === 0) return 'nothing';
  if (seconds === null || newestData === null) return 'unknown';
  const span = `what was committed after ${newestData}`;
  return measured ? `${span}: ${formatDuration(seconds)}` : `${span}, if anything was`;
}
