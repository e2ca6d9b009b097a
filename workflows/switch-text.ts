/** The texts that people sign and read when a restored database is switched in. Pure: the command line makes them too. */
import { counted } from '../policy/units.ts';
import type { SwitchFacts } from './contract-switch.ts';
import { nameOf } from './deletion-text.ts';

/** How approvers of a switch are spoken to. */
export const switchWords = {
  request: 'this switch',
  preparing: 'What is switched in is still being restored.',
};

/**
 * The canonical text of what is switched, one fact a line. Its SHA-256 is what an approval names. Names of databases may
 * hold anything, so they are written as JSON.
 */
export function switchText(about: {
  organization: string;
  workflowId: string;
  source: string;
  requester: string;
  reason: string;
  facts: SwitchFacts;
}): string {
  const { facts } = about;
  const { order } = facts;
  return [
    'holdfast-switch/1',
    `organization: ${about.organization}`,
    `workflow: ${about.workflowId}`,
    `requester: ${about.requester}`,
    `reason: ${about.reason}`,
    `source: ${about.source}`,
    `backup: ${nameOf(facts.backup)} from ${facts.repository}`,
    `data of: ${facts.dataTime}`,
    `lost: what was written in the ${facts.lossSeconds} seconds since then, and later`,
    `live database: ${JSON.stringify(order.live)} oid=${order.liveOid} bytes=${facts.liveBytes}`,
    `restored as: ${JSON.stringify(order.scratch)} oid=${order.scratchOid} tables=${facts.tables ?? 'unknown'} rows=${facts.rows ?? 'unknown'}`,
    `live one kept as: ${JSON.stringify(order.keptAs)}`,
    ...facts.notes.map((note) => `note: ${note.replaceAll(/\s+/g, ' ')}`),
    '',
  ].join('\n');
}

/** What an approval's signature is over: the run, the step and the text that the person saw. */
export function switchApprovalText(approval: { workflowId: string; by: string; hash: string }): string {
  return [
    'holdfast-approval/1',
    `workflow: ${approval.workflowId}`,
    'step: switch',
    `facts: sha256:${approval.hash}`,
    `person: ${approval.by}`,
    '',
  ].join('\n');
}

/** What the live database is called once it is replaced: what comes after its own name. */
export const keptEnding = (at: Date): string =>
  `_before_${at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_')}`;

/** SQL that gives the old database its place back, for psql connected to the database `postgres`. */
export function backStatements({ live, keptAs }: { live: string; keptAs: string }): string[] {
  const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;
  const literal = (name: string) => `'${name.replaceAll("'", "''")}'`;
  return [
    'begin;',
    `select pg_terminate_backend(pid) from pg_stat_activity where datname in (${literal(live)}, ${literal(keptAs)});`,
    `alter database ${identifier(live)} rename to ${identifier(`${live.slice(0, 12)}_switched_away`)};`,
    `alter database ${identifier(keptAs)} rename to ${identifier(live)};`,
    'commit;',
  ];
}

/** How much a backup is said to hold; null where nobody counted. */
export function rowsIn(rows: number | null, tables: number | null): string {
  if (rows === null || tables === null) return 'rows not counted';
  return `${counted(rows, 'row')} in ${counted(tables, 'table')}`;
}
