import { HoldfastError } from '../../policy/errors.ts';
import { run } from '../../process/index.ts';
import type { Work } from '../work.ts';

export type DnsPlace = { host: string; port: number };

/** What a server says of a name: records of the name itself, of the type that was asked for or a CNAME. */
export type DnsAnswer = {
  /** NOERROR, NXDOMAIN, SERVFAIL … */
  status: string;
  authoritative: boolean;
  records: { type: string; ttl: number; value: string }[];
};

/**
 * Asks a name server (`recurse: false`: what it knows itself) or a resolver, by the user's own `dig`.
 *
 * @throws HoldfastError `unreachable` when it does not answer, `tool-missing` without dig
 */
export async function askDns(
  place: DnsPlace,
  { name, type, recurse }: { name: string; type: string; recurse: boolean },
  work: Work,
): Promise<DnsAnswer> {
  const { stdout, exitCode } = await run(
    {
      command: 'dig',
      args: [
        // Without the worker's own ~/.digrc.
        '-r',
        `@${place.host}`,
        ...['-p', String(place.port), '-q', name, '-t', type],
        ...[recurse ? '+recurse' : '+norecurse', '+tries=2', '+time=3', '+noall', '+comments', '+answer'],
      ],
    },
    { signal: work.signal, timeout: 30, okExitCodes: [0, 8, 9, 10] },
  );
  const status = /->>HEADER<<- .*\bstatus: (\w+)/.exec(stdout)?.[1];
  if (exitCode !== 0 || status === undefined)
    throw new HoldfastError('unreachable', `${nameOfPlace(place)} does not answer questions for names.`, {
      hint: 'Check that it runs, and that this worker may reach it on that port.',
    });
  const flags = /^;; flags: ([a-z ]*);/m.exec(stdout)?.[1] ?? '';
  const wanted = canonicalName(name);
  const records = stdout.split('\n').flatMap((line) => {
    const [, owner = '', ttl = '', kind = '', value = ''] =
      /^([^;\s]\S*)\s+(\d+)\s+IN\s+(\S+)\s+(.+)$/.exec(line) ?? [];
    return owner !== '' && canonicalName(owner) === wanted ? [{ type: kind, ttl: Number(ttl), value }] : [];
  });
  return { status, authoritative: flags.split(' ').includes('aa'), records };
}

export const nameOfPlace = ({ host, port }: DnsPlace): string => `${host}${port === 53 ? '' : `:${port}`}`;

/** `resolver.example.org:5353`, `[2001:db8::1]:53` or a host alone. */
export function placeIn(text: string): DnsPlace {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  return { host: bracketed ?? plain ?? text, port: port === undefined ? 53 : Number(port) };
}

/** A name with its closing dot, in small letters. */
export const canonicalName = (name: string): string => `${name.toLowerCase().replace(/\.$/, '')}.`;

/** A record's value in the form in which servers give it. */
export function canonicalValue(type: string, value: string): string {
  if (type === 'CNAME') return canonicalName(value);
  if (type === 'AAAA' && URL.canParse(`http://[${value}]`))
    return new URL(`http://[${value}]`).hostname.slice(1, -1);
  return value;
}
