import { bytesBetween, latestOf } from './lsn.ts';
import type { ServerState } from './state.ts';

/** How far a primary had written at a moment of its own clock. */
export type PrimaryPosition = { position: string; at: string };

/** What is lost when a standby becomes the primary. */
export type Loss = {
  /** Null: nobody knows. */
  seconds: number | null;
  bytes: number | null;
  /** The standby has everything that was committed before; ISO 8601. */
  newestData: string | null;
  /** Whether the primary's own position says so; else it is a limit, from the last transaction that arrived. */
  measured: boolean;
};

/**
 * What promotion of a standby loses. What has arrived is replayed first, so that only what did not arrive counts.
 *
 * @param primary its position, read while it answered; null where it never did
 * @param since ISO 8601: when the primary was lost at the latest, for the limit
 */
export function lossOf(
  standby: Pick<ServerState, 'received' | 'replayed' | 'replayedAt'>,
  primary: PrimaryPosition | null,
  since: string,
): Loss {
  const { replayedAt } = standby;
  const arrived = latestOf(standby.received, standby.replayed);
  if (primary === null || arrived === null)
    return { seconds: secondsFrom(replayedAt, since), bytes: null, newestData: replayedAt, measured: false };
  const bytes = Math.max(0, bytesBetween(arrived, primary.position));
  if (bytes > 0)
    return { seconds: secondsFrom(replayedAt, primary.at), bytes, newestData: replayedAt, measured: true };
  const newestData = replayedAt !== null && replayedAt > primary.at ? replayedAt : primary.at;
  return { seconds: 0, bytes: 0, newestData, measured: true };
}

function secondsFrom(from: string | null, to: string): number | null {
  return from === null ? null : Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}
