import { type Contender, contenders, type Facts } from '../facts.ts';
import { median, medianAndSpread } from '../statistics.ts';
import { paragraph, table } from './markdown.ts';
import { partOf, samplesOf, secondsOf } from './targets.ts';

const seconds = (value: number) => value.toFixed(1);

const told: Record<Contender, string> = {
  'holdfast-counts': 'Holdfast: directory and S3 at once, rows counted, both copies read back, signed',
  'holdfast-one':
    'Holdfast, nothing counted, only into the directory: what the pipe does, read back and signed',
  'holdfast-off': 'Holdfast, nothing counted',
  'holdfast-checksums': 'Holdfast, rows counted and contents summed',
  pipe: '`pg_dump -Fc -Z0 \\| zstd -3 -T0 \\| gpg > file`',
  script: 'the usual script: `pg_dump -Fc -Z9` to a file, `gpg` to a file, copy to S3',
  restic: '`pg_dump -Fc -Z0 \\| restic backup --stdin`, new local repository',
  pgbackrest: 'pgBackRest full backup, zst, AES, new local repository',
};

/** All contenders beside each other. */
export function backupsTable(facts: Facts): string {
  const ours = secondsOf(facts, 'holdfast-counts');
  const rows = contenders.flatMap((contender) => {
    const samples = samplesOf(facts, contender);
    if (samples.length === 0) return [];
    const cpu = median(samples.map((sample) => sample.cpuSeconds / sample.seconds / facts.machine.cores));
    return [
      [
        told[contender],
        medianAndSpread(
          samples.map((sample) => sample.seconds),
          seconds,
        ),
        `${(secondsOf(facts, contender) / ours).toFixed(2)} ×`,
        `${Math.round(median(samples.map(({ storedBytes }) => storedBytes)) / 1e6)} MB`,
        `${Math.round(cpu * 100)} %`,
      ],
    ];
  });
  const head = ['contender', 'seconds', 'time beside Holdfast', 'stored, each copy', 'processors busy'];
  const names = new Set(facts.samples.map(({ contender }) => contender));
  const notes = contenders.flatMap((contender) => (names.has(contender) ? (remarks[contender] ?? []) : []));
  return [table(head, rows), ...notes.map(paragraph)].join('\n\n');
}

const remarks: Partial<Record<Contender, string>> = {
  pipe: 'The pipe leaves one file that nobody has read back, and does not wait for the disk; Holdfast does.',
  restic:
    'restic reads standard input (`--stdin`); its `--stdin-from-command`, which notices a failed pg_dump, came with 0.17 and is not in this version. Its later backups store only what is new; Holdfast and pgBackRest full store everything each time.',
  pgbackrest:
    "pgBackRest copies the files of the whole server, indexes and all databases included, with as many processes as the machine has processors; it gives recovery to any moment, which a dump doesn't. Its archiving of the write-ahead log is part of the time.",
};

const phaseNames = ['preflight', 'streaming', 'dump', 'read back', 'commit'];

/** Where Holdfast's time goes, and what counting adds to it. */
export function phasesTable(facts: Facts): string {
  const modes = ['holdfast-one', 'holdfast-off', 'holdfast-counts', 'holdfast-checksums'] as const;
  const present = modes.filter((mode) => samplesOf(facts, mode).length > 0);
  const cell = (value: number) => (Number.isNaN(value) ? '—' : seconds(value));
  const rows = [
    ...phaseNames.map((phase) => [phase, ...present.map((mode) => cell(partOf(facts, mode, phase)))]),
    ['whole run', ...present.map((mode) => cell(secondsOf(facts, mode)))],
  ];
  const head = ['seconds', ...present.map((mode) => mode.replace('holdfast-', ''))];
  const [, off, counts, checksums] = modes.map((mode) => secondsOf(facts, mode));
  const added = [
    `"dump" is everything in the snapshot: streaming and, beside it, the fingerprint. Copies are read back side by side.`,
    addition('Counting rows', counts, off),
    addition('Checksums of all contents', checksums, off),
  ].join(' ');
  return `### What Holdfast spends its time on\n\n${table(head, rows)}\n\n${paragraph(added.trim())}`;
}

function addition(what: string, seconds = Number.NaN, without = Number.NaN): string {
  const difference = seconds - without;
  if (Number.isNaN(difference)) return '';
  return `${what} adds ${difference.toFixed(1)} s to the whole run (${Math.round((difference / without) * 100)} %).`;
}

/** What the usual script and the pipe spend their time on. */
export function scriptTable(facts: Facts): string {
  const rows = (['script', 'pipe'] as const).flatMap((contender) => {
    const [first] = samplesOf(facts, contender);
    return Object.keys(first?.parts ?? {}).map((part) => [
      `${contender}: ${part}`,
      seconds(partOf(facts, contender, part)),
    ]);
  });
  if (rows.length === 0) return '';
  const note =
    "The script's gpg runs with its defaults, as scripts have it; without its own compression it would take the time shown. The pipe's copy and reading back are not part of its time above: they are what the same outcome takes by hand. The copy is one PUT by the AWS SDK.";
  return `### What the others spend theirs on\n\n${table(['part', 'seconds'], rows)}\n\n${paragraph(note)}`;
}
