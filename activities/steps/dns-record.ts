import { HoldfastError } from '../../policy/errors.ts';
import type { DnsRecord } from '../../policy/resolved-failover.ts';
import type { Work } from '../work.ts';
import { askDns, canonicalName, canonicalValue, nameOfPlace, placeIn } from './dns-ask.ts';
import { sendUpdate } from './dns-send.ts';

/** What a name server has under a record's name. */
export type SeenRecord = {
  /** Of the record's type, sorted; empty when there is none. */
  values: string[];
  /** Seconds; null without a value. */
  ttl: number | null;
};

/** What a record is to be; without values it is not to be there. */
export type WantedRecord = { values: string[]; ttl: number };

const types = ['A', 'AAAA', 'CNAME'] as const;

/**
 * What the name server has now.
 *
 * @throws HoldfastError `refused` when it does not answer for the domain, or when the name has records of a type that
 *   stands in the way: a server leaves such an update out and says that all is well (RFC 2136, 3.4.2.2)
 */
export async function seeRecord({ server, record, type }: DnsRecord, work: Work): Promise<SeenRecord> {
  const answers = await Promise.all(
    types.map((each) => askDns(server, { name: record, type: each, recurse: false }, work)),
  );
  const strange = answers.find(({ status }) => status !== 'NOERROR' && status !== 'NXDOMAIN');
  if (strange !== undefined || answers.some(({ authoritative }) => !authoritative))
    throw new HoldfastError(
      'refused',
      `Name server ${server.name} (${nameOfPlace(server)}) does not answer for ${server.domain} itself${strange === undefined ? '' : ` (${strange.status})`}.`,
      { hint: 'Name the server that has the zone, and that has loaded it.' },
    );
  const records = answers.flatMap((answer) => answer.records);
  const barring = records.find((each) => each.type !== type && (type === 'CNAME' || each.type === 'CNAME'));
  if (barring !== undefined)
    throw new HoldfastError(
      'refused',
      `${record} has a ${barring.type} record, beside which no ${type} can be.`,
      {
        hint: `Give the step \`type: ${barring.type}\` and a value of that type, or remove the record.`,
      },
    );
  const ours = records.filter((each) => each.type === type);
  const values = [...new Set(ours.map(({ value }) => canonicalValue(type, value)))].sort();
  return { values, ttl: ours[0]?.ttl ?? null };
}

export const isAs = (seen: SeenRecord, wanted: WantedRecord): boolean =>
  seen.values.join(' ') === wanted.values.join(' ') &&
  (wanted.values.length === 0 || seen.ttl === wanted.ttl);

/**
 * Changes the record from what was seen to what is wanted, in one update that the server makes only while the record is as
 * it was seen: what somebody else changed meanwhile is never overwritten.
 *
 * @throws HoldfastError `refused` when somebody did, and what `sendUpdate` throws
 */
export async function setRecord(
  of: DnsRecord,
  seen: SeenRecord,
  wanted: WantedRecord,
  work: Work,
): Promise<void> {
  const what = `${canonicalName(of.record)} ${of.type}`;
  const was =
    seen.values.length === 0
      ? [`prereq nxrrset ${what}`]
      : seen.values.map((value) => `prereq yxrrset ${what} ${value}`);
  if ((await sendUpdate(of.server, [...was, ...changes(of, wanted)], work)) === 'made') return;
  const now = await seeRecord(of, work);
  // An attempt before this one, or its repetition, was quicker.
  if (isAs(now, wanted)) return;
  throw new HoldfastError(
    'refused',
    `${of.record} was changed by somebody else meanwhile: it is ${sayRecord(now)} and no longer ${sayRecord(seen)}.`,
    { hint: 'Find out who, then retry the step.' },
  );
}

/**
 * Asks whether an update would be taken, by one that can't be made: the name would have to be there and not be there.
 *
 * @throws HoldfastError why it would not
 */
export async function tryRecord(of: DnsRecord, wanted: WantedRecord, work: Work): Promise<void> {
  const name = canonicalName(of.record);
  await sendUpdate(
    of.server,
    [`prereq yxdomain ${name}`, `prereq nxdomain ${name}`, ...changes(of, wanted)],
    work,
  );
}

function changes({ record, type }: DnsRecord, { values, ttl }: WantedRecord): string[] {
  const name = canonicalName(record);
  return [
    `update delete ${name} ${type}`,
    ...values.map((value) => `update add ${name} ${ttl} ${type} ${value}`),
  ];
}

/** Which of the resolvers do not give the wanted answer, each in a sentence. */
export async function laggards(
  { server, record, type }: DnsRecord,
  wanted: WantedRecord,
  work: Work,
): Promise<string[]> {
  const found = server.resolvers.map(async (resolver) => {
    try {
      const { records } = await askDns(placeIn(resolver), { name: record, type, recurse: true }, work);
      const ours = records.filter((each) => each.type === type);
      const values = [...new Set(ours.map(({ value }) => canonicalValue(type, value)))].sort();
      if (values.join(' ') === wanted.values.join(' ')) return [];
      const until = ours[0] === undefined ? '' : `, for at most ${ours[0].ttl} seconds more`;
      return [`${resolver} answers ${sayValues(values)}${until}`];
    } catch (error) {
      if (work.signal.aborted) throw error;
      return [`${resolver} does not answer`];
    }
  });
  return (await Promise.all(found)).flat();
}

export const sayValues = (values: readonly string[]): string =>
  values.length === 0 ? 'nothing' : values.join(', ');

export const sayRecord = ({ values, ttl }: SeenRecord): string =>
  `${sayValues(values)}${ttl === null ? '' : ` with a TTL of ${ttl} seconds`}`;
