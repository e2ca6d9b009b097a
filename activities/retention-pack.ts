import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { HoldfastError } from '../policy/errors.ts';
import { startOf } from '../repository/layout.ts';
// Not through the door: the command line reads surveys too, and S3's client would slow every command down.
import { stampOf } from '../repository/markers.ts';
import type { KeepPromise, RetainedBackup, RetainedCopy, Untouchable } from '../retention/index.ts';
import type { PackedSurvey } from '../workflows/contract-retention.ts';
import { ByteReader, ByteWriter } from './retention-bytes.ts';

/** What is known of a source's backups, and in which repositories was looked. */
export type Survey = { repositories: string[]; backups: RetainedBackup[] };

/** Temporal takes 2 MB for all arguments of an activity together, and the plan is one of them. */
const limit = 1_500_000;

const absent = 0;
const whole = 1;
const deleting = 2;
/** Added when the copy has as many bytes as the one before it, as most copies of a backup have. */
const sameBytes = 4;

/** What few backups have, by the number of the backup. */
type Rare = {
  locks: [backup: number, repository: number, secondsAfterStart: number][];
  untouchable: [number, number, Untouchable][];
  promised: [number, number, KeepPromise[]][];
  holds: [number, string[]][];
  reading: [number, string][];
  /** How many backups before it the needed one is, or its id when it is not there. */
  needs: [number, (number | string)[]][];
};

/**
 * Packs a survey in columns, so that 100,000 backups in two repositories fit into one message of Temporal: nearly all
 * of it is the random half of their ids.
 *
 * @throws HoldfastError `bad-usage` when it is too large for one run
 */
export function packSurvey({ repositories, backups }: Survey): PackedSurvey {
  const sorted = [...backups].sort((a, b) => (a.backupId < b.backupId ? -1 : 1));
  const columns = {
    starts: new ByteWriter(),
    ids: new ByteWriter(),
    states: new ByteWriter(),
    sizes: new ByteWriter(),
  };
  const rare: Rare = { locks: [], untouchable: [], promised: [], holds: [], reading: [], needs: [] };
  const position = new Map(sorted.map(({ backupId }, index) => [backupId, index]));
  let before = 0;
  for (const [index, backup] of sorted.entries()) {
    const start = secondsOf(backup.startedAt);
    columns.starts.count(start - before);
    before = start;
    columns.ids.hex(backup.backupId.slice(-8));
    packCopies(backup, repositories, columns);
    collectRare(rare, index, backup, repositories, position);
  }
  const head = new TextEncoder().encode(JSON.stringify({ repositories, count: sorted.length, rare }));
  const out = new ByteWriter();
  for (const part of [head, ...Object.values(columns).map((column) => column.bytes())]) out.block(part);
  const packed = deflateRawSync(out.bytes(), { level: 9 }).toString('base64');
  if (packed.length > limit)
    throw new HoldfastError(
      'bad-usage',
      `${sorted.length} backups of one source are more than one run of retention can weigh.`,
      { hint: 'Some 130,000 are the most. Keep fewer, or make backups less often.' },
    );
  return packed;
}

function packCopies(
  { copies }: RetainedBackup,
  repositories: readonly string[],
  { states, sizes }: { states: ByteWriter; sizes: ByteWriter },
): void {
  let bytes = -1;
  for (const name of repositories) {
    const copy = copies.find(({ repository }) => repository === name);
    if (copy === undefined) states.byte(absent);
    else {
      const same = copy.bytes === bytes;
      states.byte((copy.deleting ? deleting : whole) + (same ? sameBytes : 0));
      if (!same) sizes.size(copy.bytes);
      bytes = copy.bytes;
    }
  }
}

function collectRare(
  rare: Rare,
  index: number,
  { copies, holds, readingUntil, needs, startedAt }: RetainedBackup,
  repositories: readonly string[],
  position: ReadonlyMap<string, number>,
): void {
  for (const { repository, lockedUntil, untouchable, promised } of copies) {
    const place = repositories.indexOf(repository);
    if (lockedUntil !== null) rare.locks.push([index, place, secondsOf(lockedUntil) - secondsOf(startedAt)]);
    if (untouchable !== undefined) rare.untouchable.push([index, place, untouchable]);
    if (promised.length > 0) rare.promised.push([index, place, promised]);
  }
  if (holds.length > 0) rare.holds.push([index, holds]);
  if (readingUntil !== null) rare.reading.push([index, readingUntil]);
  if (needs.length > 0)
    rare.needs.push([
      index,
      needs.map((id) => {
        const other = position.get(id);
        return other === undefined ? id : index - other;
      }),
    ]);
}

/** What was packed; sizes to four millionths of what they were. @throws RangeError for anything else: an internal fault */
export function unpackSurvey(packed: PackedSurvey): Survey {
  const blocks = new ByteReader(inflateRawSync(Buffer.from(packed, 'base64')));
  const { repositories, count, rare }: { repositories: string[]; count: number; rare: Rare } = JSON.parse(
    new TextDecoder().decode(blocks.block()),
  );
  const [starts, ids, states, sizes] = [0, 1, 2, 3].map(() => new ByteReader(blocks.block()));
  if (starts === undefined || ids === undefined || states === undefined || sizes === undefined)
    throw new RangeError('a survey has four columns');
  let start = 0;
  const backups = Array.from({ length: count }, (): RetainedBackup => {
    start += starts.count();
    const startedAt = isoOf(start);
    const backupId = `${stampOf(startedAt)}-${ids.hex(4)}`;
    const copies = unpackCopies(repositories, states, sizes);
    return {
      backupId,
      startedAt: startOf(backupId) ?? startedAt,
      copies,
      holds: [],
      readingUntil: null,
      needs: [],
    };
  });
  spreadRare(rare, repositories, backups);
  return { repositories, backups };
}

function unpackCopies(
  repositories: readonly string[],
  states: ByteReader,
  sizes: ByteReader,
): RetainedCopy[] {
  const copies: RetainedCopy[] = [];
  let bytes = -1;
  for (const repository of repositories) {
    const state = states.byte();
    if (state === absent) continue;
    if ((state & sameBytes) === 0) bytes = sizes.size();
    copies.push({ repository, bytes, deleting: (state & deleting) !== 0, lockedUntil: null, promised: [] });
  }
  return copies;
}

function spreadRare(rare: Rare, repositories: readonly string[], backups: RetainedBackup[]): void {
  const copyOf = (index: number, place: number) =>
    backups[index]?.copies.find(({ repository }) => repository === repositories[place]);
  for (const [index, place, seconds] of rare.locks) {
    const copy = copyOf(index, place);
    if (copy !== undefined) copy.lockedUntil = isoOf(secondsOf(backups[index]?.startedAt ?? '') + seconds);
  }
  for (const [index, place, why] of rare.untouchable) {
    const copy = copyOf(index, place);
    if (copy !== undefined) copy.untouchable = why;
  }
  for (const [index, place, promised] of rare.promised) {
    const copy = copyOf(index, place);
    if (copy !== undefined) copy.promised = promised;
  }
  for (const [index, holds] of rare.holds) Object.assign(backups[index] ?? {}, { holds });
  for (const [index, readingUntil] of rare.reading) Object.assign(backups[index] ?? {}, { readingUntil });
  for (const [index, needs] of rare.needs) {
    const ids = needs.flatMap((need) =>
      typeof need === 'string' ? [need] : (backups[index - need]?.backupId ?? []),
    );
    Object.assign(backups[index] ?? {}, { needs: ids });
  }
}

const secondsOf = (iso: string): number => Math.ceil(Date.parse(iso) / 1000);
const isoOf = (seconds: number): string => new Date(seconds * 1000).toISOString();
