import { quoted } from '../shell.ts';
import { bucketOptions, nameOfPlace } from './place.ts';
import type { Recoverable, RecoverOptions } from './recoverable.ts';

/** The command that runs a runbook, as it is typed after a look; null where the policy has none. Pure. */
export function nextCommand(
  { here, place }: Pick<Recoverable, 'here' | 'place'>,
  { trust, key, applied, signingKey, zone, ...said }: Omit<RecoverOptions, 'from' | 'credentials'>,
): string | null {
  const runbooks = Object.values(here.runbooks);
  const [first, ...others] = runbooks;
  if (first === undefined) return null;
  const isSigned = runbooks.some(({ signatures }) => signatures.real === 'signed');
  const option = (name: string, value: string | undefined) =>
    value === undefined ? [] : [`--${name} ${quoted(value)}`];
  const bucket = bucketOptions(place);
  const what = [...option('disaster', said.disaster), ...option('class', said.class)];
  return [
    'holdfast recover',
    ...option('from', nameOfPlace(place)),
    ...(bucket === '' ? [] : [bucket]),
    ...trust.flatMap((each) => option('trust', each)),
    ...option('applied', applied),
    ...zone.flatMap((each) => option('zone', each)),
    ...key.flatMap((each) => option('key', each)),
    ...option('signing-key', signingKey),
    ...(what.length > 0
      ? what
      : [`--runbook ${said.runbook ?? (others.length === 0 ? first.name : 'NAME')}`]),
    '--as NAME --reason "WHAT HAPPENED"',
    ...(isSigned ? ['--sign-with KEYFILE'] : []),
  ].join(' ');
}
