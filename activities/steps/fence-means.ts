/** By which commands a server can be fenced, and from where. Pure. */
import type { PostgresTarget } from '../../policy/resolved-failover.ts';
import type { PolicyCommand } from '../../policy/resolved-proof.ts';

export type Means = {
  kind: 'stop' | 'cut-off';
  command: PolicyCommand;
  /** The command, as errors name it. */
  what: string;
  say: string;
  done: string;
};

/**
 * What the worker of a zone can do, in the order in which it is tried: stopping ends it for good, and wants a worker
 * beside it, so not in a lost zone (law 10); cutting off works from another zone.
 */
export function meansOf(
  { name, zone, stop, cutOff }: Pick<PostgresTarget, 'name' | 'zone' | 'stop' | 'cutOff'>,
  here: string,
  lost: readonly string[],
): Means[] {
  const means: Means[] = [];
  if (stop !== undefined && here === zone && !lost.includes(zone))
    means.push({
      kind: 'stop',
      command: stop,
      what: `Stopping ${name}`,
      say: `${name} is stopped by its own zone.`,
      done: `${name} was stopped.`,
    });
  if (cutOff !== undefined && here === cutOff.zone)
    means.push({
      kind: 'cut-off',
      command: cutOff.command,
      what: `Cutting ${name} off`,
      say: `${name} is cut off from zone ${here}.`,
      done: `${name} was cut off.`,
    });
  return means;
}
