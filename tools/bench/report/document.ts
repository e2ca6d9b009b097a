import type { AuditFact, Facts, PlansFact, RestoreFact, RetentionFact, StatusFact } from '../facts.ts';
import { fullRows } from '../options.ts';
import { medianAndSpread } from '../statistics.ts';
import { backupsTable, phasesTable, scriptTable } from './backups.ts';
import { failoverSection } from './failover.ts';
import { paragraph, table } from './markdown.ts';
import { judge, type Target } from './targets.ts';

/** Busier than this before it starts, and the seconds of a run say little. */
const quiet = 0.1;

/** The same work takes at most so many times longer in one round than in another while the machine is left alone. */
const steady = 1.15;

/** The document of a run of the benchmark, in Markdown. The same facts give the same text. */
export function benchmarkDocument(facts: Facts): string {
  const targets = judge(facts);
  return [
    '# Benchmarks',
    paragraph(
      `\`npm run bench\` made this page on ${facts.date}; it is not edited by hand. Everything ran on one machine, against one database on one server. Each number is the median of ${facts.runs} ${facts.runs === 1 ? 'run' : 'runs'}, with the smallest and the largest in brackets; contenders took turns. Ratios travel to other machines better than seconds do.${measuredAgain(facts)}`,
    ),
    targetsSection(targets),
    shortfalls(targets, facts),
    ...backupSections(facts),
    restoreSection(facts.restore),
    memorySection(facts),
    emptySection(facts),
    plansSection(facts.plans),
    retentionSection(facts.retention),
    auditSection(facts.audit),
    statusSection(facts.status),
    failoverSection(facts.failover),
    machineSection(facts),
    howTo,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

function measuredAgain({ date, runs, again = {} }: Facts): string {
  const later = Object.entries(again).map(([section, { date: day, runs: often }]) =>
    [section, ...(day === date ? [] : [`on ${day}`]), ...(often === runs ? [] : [`${often} ×`])].join(' '),
  );
  return later.length === 0 ? '' : ` Measured again after the others: ${later.join(', ')}.`;
}

function targetsSection(targets: Target[]): string {
  if (targets.length === 0) return '';
  const rows = targets.map(({ what, wanted, measured, met }) => [
    what,
    wanted,
    measured,
    met ? 'yes' : '**no**',
  ]);
  return `## Targets\n\n${table(['what', 'target', 'measured', 'met'], rows)}`;
}

function shortfalls(targets: Target[], { machine, database, floorSeconds }: Facts): string {
  const missed = targets
    .filter(({ met }) => !met)
    .map(({ what, measured, why }) => `${what}: ${measured}. ${why}`);
  const doubts = [
    machine.busyBefore > quiet
      ? `Other work kept the processors ${percent(machine.busyBefore)} busy before the run: the numbers are noisy.`
      : '',
    Math.max(...floorSeconds) > steady * Math.min(...floorSeconds)
      ? `pg_dump alone took from ${Math.min(...floorSeconds).toFixed(1)} to ${Math.max(...floorSeconds).toFixed(1)} s in different rounds: something else was at work, and the numbers are noisy.`
      : '',
    database.rows < fullRows
      ? `The database is smaller than the ${fullRows.toLocaleString('en')} rows that the targets are meant for: fixed costs weigh more.`
      : '',
  ];
  const all = [...missed, ...doubts].filter((line) => line !== '');
  if (all.length === 0) return '## What falls short\n\nNothing of what is measured here.';
  return `## What falls short\n\n${all.map((line) => `- ${line}`).join('\n')}`;
}

function backupSections(facts: Facts): string[] {
  if (facts.samples.length === 0) return [];
  const { rows, bytes, dumpBytes } = facts.database;
  const floor = medianAndSpread(facts.floorSeconds, (value) => value.toFixed(1));
  return [
    '## Backups of one database',
    paragraph(
      `${rows.toLocaleString('en')} rows of mixed types in four tables, ${gigabytes(bytes)} on disk with indexes, ${gigabytes(dumpBytes)} as an uncompressed dump. pg_dump alone, to nowhere, takes ${floor} s.`,
    ),
    backupsTable(facts),
    phasesTable(facts),
    scriptTable(facts),
  ];
}

function restoreSection(fact: RestoreFact | null): string {
  if (fact === null) return '';
  const one = (value: number) => value.toFixed(1);
  const rows = [
    ['`gpg -d \\| zstd -d \\| pg_restore`, into a server that is there', medianAndSpread(fact.pipe, one)],
    ['Holdfast, one job: the data brought in', medianAndSpread(fact.one, one)],
    [`Holdfast, ${fact.jobs} jobs: the data brought in`, medianAndSpread(fact.several, one)],
    [
      'Holdfast, one job: scratch place made, compared to the row, destroyed',
      medianAndSpread(fact.whole, one),
    ],
    ['a restore test: all of that, its checks and a signed report', medianAndSpread(fact.test, one)],
  ];
  return `## Restores of that database\n\n${table(['what', 'seconds'], rows)}\n\n${paragraph(
    'From the directory, into servers with the same settings. Holdfast hashes every byte on its way in. Several jobs write the decrypted dump to a private file first, because pg_restore jumps about in it.',
  )}`;
}

function memorySection({ memory }: Facts): string {
  if (memory.length === 0) return '';
  const rows = memory.map(({ databaseBytes, idleBytes, peakBytes }) => [
    gigabytes(databaseBytes),
    megabytes(idleBytes),
    medianAndSpread(peakBytes, megabytes),
  ]);
  return `## Memory of the worker\n\n${table(['database', 'idle', 'peak'], rows)}\n\n${paragraph(
    "Resident memory of the worker's own process, as the kernel counted it, a fresh process for each run. What pg_dump, zstd and gpg take beside it is not in it.",
  )}`;
}

function emptySection({ emptySeconds }: Facts): string {
  if (emptySeconds.length === 0) return '';
  return `## An empty database\n\n${paragraph(
    `A backup of a database without tables takes ${medianAndSpread(emptySeconds, (value) => value.toFixed(2))} s: preflight, keyring, snapshot, fingerprint, two copies written and read back, signature and manifests. That is what Holdfast adds to any backup.`,
  )}`;
}

function plansSection(plans: PlansFact | null): string {
  if (plans === null) return '';
  const rows = [
    ['`plan`, all to be created', plans.plan],
    ['`apply`, all created', plans.apply],
    ['`plan`, nothing to change', plans.planAgain],
    ['`apply`, nothing to change', plans.applyAgain],
  ].map(([what, seconds]) => [String(what), Number(seconds).toFixed(1)]);
  return `## ${plans.plans.toLocaleString('en')} plans\n\n${table(['command', 'seconds'], rows)}\n\n${paragraph(
    "Whole commands, against Temporal's development server on the same machine, once each.",
  )}`;
}

function retentionSection(fact: RetentionFact | null): string {
  if (fact === null) return '';
  const rows = [
    ['decided, from the survey to the hash (s)', medianAndSpread(fact.seconds, (value) => value.toFixed(2))],
    ['most memory of the process', medianAndSpread(fact.peakBytes, megabytes)],
    ['the survey as one message of Temporal', megabytes(fact.packedBytes)],
  ];
  return `## Retention of ${fact.backups.toLocaleString('en')} backups\n\n${table(['what', 'measured'], rows)}\n\n${paragraph(
    'One backup an hour in two repositories, kept by all five tiers. A fresh process each time, without the listing.',
  )}`;
}

function auditSection(fact: AuditFact | null): string {
  if (fact === null) return '';
  const { appended, entries, seconds, peakBytes } = fact;
  const rows = [
    ['appended to a directory, entries a second', appended.directory.toFixed(0)],
    ['appended to an S3 bucket with object lock, entries a second', appended.bucket.toFixed(0)],
    [`${entries.toLocaleString('en')} entries verified, seconds`, seconds.toFixed(1)],
    ['most memory of that, whole process', megabytes(peakBytes)],
  ];
  return `## The audit log\n\n${table(['what', ''], rows)}\n\n${paragraph(
    'One writer, an event and a signed head in each write. Verified in a directory that was just written, with a signed head for every ten entries.',
  )}`;
}

function statusSection(fact: StatusFact | null): string {
  if (fact === null) return '';
  const { plans, backups, objects, cold, again, requests } = fact;
  const rows = [
    ['`status`, the worker just started (s)', medianAndSpread(cold, (value) => value.toFixed(1))],
    ['`status` again (s)', again.toFixed(1)],
    ['requests to S3', requests.toLocaleString('en')],
  ];
  return `## The status of ${plans.toLocaleString('en')} plans\n\n${table(['what', 'measured'], rows)}\n\n${paragraph(
    `Whole commands. Each plan has a source of its own and ${backups} backups in one bucket, ${objects.toLocaleString('en')} objects in all, on versitygw with its files in memory; command, worker, Temporal and the S3 server share the processors of this one machine.`,
  )}`;
}

function machineSection({ machine }: Facts): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const rows = [
    ['processors', `${machine.cores} × ${machine.processor}`],
    ['memory', gigabytes(machine.memoryBytes)],
    ['kernel', machine.kernel],
    ['busy before the run', percent(machine.busyBefore)],
    ['versions', versions.join(', ')],
  ];
  return `## The machine\n\n${table(['', ''], rows)}`;
}

const howTo = `## How to repeat it

\`npm run bench\` sets up what is missing, takes about half an hour, needs some 20 GB of temporary space, and writes
this page. \`npm run bench -- --rows 200000\` tries everything once on a small database and prints the page instead.
\`--only\` takes some of \`pipe,script,restic,pgbackrest,restore,memory,empty,plans,retention,audit,status,failover\`;
\`--runs N\` repeats more often; \`--out FILE\` says where the page goes. \`--only status --again\` measures that section
again and keeps the others, which lie beside this page as \`benchmarks.json\`. Leave the machine alone meanwhile.`;

const percent = (share: number) => `${Math.round(share * 100)} %`;
const gigabytes = (bytes: number) => (bytes < 1e8 ? megabytes(bytes) : `${(bytes / 1e9).toFixed(1)} GB`);
const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
