import { resolve } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import type { ResolvedRunbook } from '../../policy/resolved-failover.ts';
import { named } from '../backups.ts';
import { chosen } from '../declaring.ts';
import { zoneOf } from './machine.ts';

export type BroughtOptions = {
  zone: string[];
  /** `NAME=FILE`. */
  key: string[];
  signingKey?: string;
  runbook?: string;
  disaster?: string;
  class?: string;
};

export type KeyFiles = {
  /** Files of private keys and passphrases, by names of keys. */
  keyFiles: Record<string, string>;
  /** The file of the private SSH key that signs the report. */
  signingKeyFile: string | null;
};

/** How a person names the file of a key. */
export const keyOption = (name: string): string => `--key ${name}`;
export const signingKeyOption = '--signing-key';

/** What a person brings to this machine, and what it stands in for. */
export type Brought = KeyFiles & { zones: [string, ...string[]] };

/** Whether somebody has said what happened. */
export const isSaid = ({ runbook, disaster, class: grave }: Omit<BroughtOptions, 'zone' | 'key'>): boolean =>
  runbook !== undefined || disaster !== undefined || grave !== undefined;

/** @throws HoldfastError `bad-usage` for what does not fit the policy, or the runbook that is meant */
export function broughtBy(policy: ResolvedPolicy, repository: string, options: BroughtOptions): Brought {
  const { zone, key, signingKey } = options;
  const meant = isSaid(options) ? chosen(policy, options).runbook : undefined;
  return {
    zones: zonesFor(policy, repository, zone, meant),
    keyFiles: keyFilesOf(policy, key),
    signingKeyFile: signingKey === undefined ? null : resolve(signingKey),
  };
}

/** @throws HoldfastError `bad-usage` for a zone that the policy has not, or that the runbook takes as lost */
function zonesFor(
  policy: ResolvedPolicy,
  repository: string,
  asked: readonly string[],
  runbook: ResolvedRunbook | undefined,
): [string, ...string[]] {
  const [first = zoneOf(policy, repository, runbook), ...rest] = asked;
  const zones: [string, ...string[]] = [first, ...rest];
  for (const zone of zones) named(policy.zones, zone, 'zone');
  if (runbook === undefined) return zones;
  const hint = `Stand in for the zone that leads it: --zone ${runbook.zone}.`;
  const lost = zones.find((zone) => runbook.lost.includes(zone));
  if (lost !== undefined)
    throw new HoldfastError('bad-usage', `${runbook.name} takes zone ${lost} as lost: nothing runs there.`, {
      hint,
    });
  if (!zones.includes(runbook.zone))
    throw new HoldfastError('bad-usage', `${runbook.name} is led from zone ${runbook.zone}.`, { hint });
  return [runbook.zone, ...zones.filter((zone) => zone !== runbook.zone)];
}

/** @throws HoldfastError `bad-usage` for what is not NAME=FILE, names no key of the policy, or one twice */
function keyFilesOf({ plans }: ResolvedPolicy, given: readonly string[]): Record<string, string> {
  const keys = Object.fromEntries(Object.values(plans).map(({ key }) => [key.name, key]));
  const files = new Map<string, string>();
  for (const text of given) {
    const [, name, file] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (name === undefined || file === undefined)
      throw new HoldfastError('bad-usage', `${text} does not say which file holds which key.`, {
        hint: `Write --key NAME=FILE, with a name of ${Object.keys(keys).join(', ')}.`,
      });
    if (files.has(named(keys, name, 'plan with the key').name))
      throw new HoldfastError('bad-usage', `The key ${name} is brought twice.`, {
        hint: 'Name the one file that opens the backups.',
      });
    files.set(name, resolve(file));
  }
  return Object.fromEntries(files);
}
