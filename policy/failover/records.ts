import { isIP } from 'node:net';
import { lookUp } from '../lookup.ts';
import { type DataPath, type Fault, faultAt } from '../problem.ts';
import { domainName } from '../schema/name-servers.ts';
import type { Sections } from '../schema.ts';
import { isWithin, nameServerFor, placedSteps, type WrittenRunbook, type WrittenStep } from './written.ts';

type Update = Extract<WrittenStep, { do: 'dns.update' }>;
type Record = { server?: string | undefined; record: string };

/** Records that no name server of the policy answers for, or that could not hold their value. Pure. */
export function wrongRecords(name: string, runbook: WrittenRunbook, { nameServers }: Sections): Fault[] {
  return placedSteps(name, runbook).flatMap(({ step, at }) => {
    if (step.do !== 'dns.update') return [];
    const drilled = step.drill === undefined ? [] : unanswered([...at, 'drill'], step.drill, nameServers);
    return [
      ...unanswered(at, step, nameServers),
      ...drilled,
      ...sameInDrill(at, step, nameServers),
      ...unfitValue(at, step, nameServers),
    ];
  });
}

function unanswered(path: DataPath, record: Record, nameServers: Sections['nameServers']): Fault[] {
  const at = [...path, 'record'];
  if (record.server !== undefined) {
    const domain = lookUp(nameServers, record.server)?.domain;
    if (domain === undefined || isWithin(record.record, domain)) return [];
    return [
      faultAt(
        at,
        `this name is not in ${domain}, and name server ${record.server} answers for that alone`,
        `write a name that ends in .${domain}, or name another server`,
      ),
    ];
  }
  if (nameServerFor(record, nameServers) !== undefined) return [];
  const fitting = Object.entries(nameServers).flatMap(([name, { domain }]) =>
    isWithin(record.record, domain) ? [name] : [],
  );
  return [
    fitting.length === 0
      ? faultAt(
          at,
          'no name server of the policy answers for this name',
          'define one under `nameServers`, with the domain that the name is in',
        )
      : faultAt(
          at,
          'several name servers answer for this name',
          `say which one: server: ${fitting.join(' or ')}`,
        ),
  ];
}

function sameInDrill(at: DataPath, step: Update, nameServers: Sections['nameServers']): Fault[] {
  if (step.drill === undefined || step.drill.record !== step.record) return [];
  const [live, drilled] = [step, step.drill].map((record) => {
    const server = lookUp(nameServers, nameServerFor(record, nameServers) ?? '');
    return server === undefined ? undefined : `${server.host} ${server.port}`;
  });
  if (live === undefined || live !== drilled) return [];
  return [
    faultAt(
      [...at, 'drill', 'record'],
      'a drill would change the name that users come by',
      'name a record of its own for drills, or leave `drill` out: nothing is changed then',
    ),
  ];
}

function unfitValue(at: DataPath, step: Update, nameServers: Sections['nameServers']): Fault[] {
  const refuse = (key: string, message: string, hint: string) => [faultAt([...at, key], message, hint)];
  const version = isIP(step.value);
  const isName = version === 0 && domainName.safeParse(step.value).success;
  const type = step.type ?? (version === 4 ? 'A' : version === 6 ? 'AAAA' : 'CNAME');
  const fits = { A: version === 4, AAAA: version === 6, CNAME: isName }[type];
  if (!fits)
    return refuse(
      'value',
      step.type === undefined
        ? 'this is neither an address nor a name'
        : `a record of type ${type} holds ${type === 'CNAME' ? 'a name' : `an IPv${type === 'A' ? 4 : 6} address`}, and this is none`,
      'write one like 192.0.2.7, 2001:db8::7 or dr.example.org',
    );
  if (type !== 'CNAME') return [];
  const value = step.value.toLowerCase().replace(/\.$/, '');
  if (value === step.record) return refuse('value', 'this name would lead to itself', 'write where it leads');
  const domain = lookUp(nameServers, nameServerFor(step, nameServers) ?? '')?.domain;
  return domain === step.record
    ? refuse(
        'record',
        "a domain's own name can't be a CNAME",
        'write an address as its value, or use a name below it',
      )
    : [];
}
