import { quoted } from '../shell.ts';
import { nameOfPlace } from './place.ts';
import type { Recoverable, RecoverOptions } from './recoverable.ts';

/** The command that runs a runbook, as it is typed after a look; null where the policy has none. Pure. */
export function nextCommand(
  { here, place }: Pick<Recoverable, 'here' | 'place'>,
  { trust, key, applied, signingKey, credentials, endpoint, region, caFile, zone }: RecoverOptions,
): string | null {
  const [first, ...others] = Object.values(here.runbooks);
  if (first === undefined) return null;
  const isSigned = [first, ...others].some(({ signatures }) => signatures.real === 'signed');
  const option = (name: string, value: string | undefined) =>
    value === undefined ? [] : [`--${name} ${quoted(value)}`];
  const ofBucket = [
    ...option('endpoint', endpoint),
    ...option('region', region),
    ...(credentials === 'AWS' ? [] : option('credentials', credentials)),
    ...option('ca-file', caFile),
  ];
  return [
    'holdfast recover',
    ...option('from', nameOfPlace(place)),
    ...(place.kind === 's3' ? ofBucket : []),
    ...trust.flatMap((each) => option('trust', each)),
    ...option('applied', applied),
    ...zone.flatMap((each) => option('zone', each)),
    ...key.flatMap((each) => option('key', each)),
    ...option('signing-key', signingKey),
    `--runbook ${others.length === 0 ? first.name : 'NAME'}`,
    '--as NAME --reason "WHAT HAPPENED"',
    ...(isSigned ? ['--sign-with KEYFILE'] : []),
  ].join(' ');
}
