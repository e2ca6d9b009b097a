import { writeFile } from 'node:fs/promises';
import { sentenceOf } from '../../policy/errors.ts';
import type { Facts, Section } from './facts.ts';
import { keep, readKept, withAgain } from './kept.ts';
import { describeMachine } from './machine.ts';
import { fullRows, isWhole, type Options, parseOptions } from './options.ts';
import { openPlace, type Place } from './place.ts';
import { benchmarkDocument } from './report/document.ts';
import { measureAudit } from './sections/audit.ts';
import { measureEmpty } from './sections/empty.ts';
import { measureFailover } from './sections/failover.ts';
import { measureMemory } from './sections/memory.ts';
import { measurePlans } from './sections/plans.ts';
import { measureRestore } from './sections/restore.ts';
import { measureRetention } from './sections/retention.ts';
import { runRounds } from './sections/rounds.ts';
import { measureStatus } from './sections/status.ts';
import { databaseBytes } from './shop.ts';

const say = (text: string) => process.stderr.write(`${text}\n`);

/** Sections that look at no row of the large database: for them alone it need not be filled. */
const rowless: ReadonlySet<Section> = new Set<Section>([
  'empty',
  'plans',
  'retention',
  'audit',
  'status',
  'failover',
]);

async function gather(options: Options, signal: AbortSignal): Promise<Facts> {
  say('Looking at the machine.');
  const machine = await describeMachine();
  const rows = options.only.every((section) => rowless.has(section)) ? 0 : options.rows;
  say(`Starting the servers, and filling a database with ${rows} rows.`);
  const place = await openPlace(rows, signal);
  try {
    return { date: new Date().toISOString().slice(0, 10), machine, ...(await measure(place, options)) };
  } finally {
    await place.close();
  }
}

async function measure(place: Place, options: Options): Promise<Omit<Facts, 'date' | 'machine'>> {
  const { rows, runs, only } = options;
  const bytes = await databaseBytes(place.postgres, 'shop');
  const rivals = only.some((section) => ['pipe', 'script', 'restic', 'pgbackrest'].includes(section));
  if (rivals) say('Backups, in turns:');
  const { dumpBytes, ...rounds } = rivals
    ? await runRounds(place, { sections: only, runs }, say)
    : { dumpBytes: 0, floorSeconds: [], samples: [] };
  if (only.includes('restore')) say('Restores, in turns.');
  const restore = only.includes('restore') ? await measureRestore(place, runs) : null;
  if (only.includes('memory')) say('Memory.');
  const memory = only.includes('memory') ? await measureMemory(place, runs) : [];
  if (only.includes('empty')) say('An empty database.');
  const emptySeconds = only.includes('empty') ? await measureEmpty(place, runs) : [];
  if (only.includes('plans')) say('Many plans.');
  const plans = only.includes('plans') ? await measurePlans(place, rows < fullRows ? 100 : 1000) : null;
  if (only.includes('retention')) say('Retention of a long history.');
  const retention = only.includes('retention') ? await measureRetention(100_000, runs, place.signal) : null;
  if (only.includes('audit')) say('The audit log.');
  const audit = only.includes('audit')
    ? await measureAudit(place, rows < fullRows ? 20_000 : 1_000_000)
    : null;
  if (only.includes('status')) say('The status of many plans.');
  const many = { plans: rows < fullRows ? 100 : 1000, backups: 60 };
  const status = only.includes('status') ? await measureStatus(place, many, runs) : null;
  if (only.includes('failover')) say('Failovers.');
  const failover = only.includes('failover') ? await measureFailover(place, runs) : null;
  return {
    sections: only,
    runs,
    database: { rows, bytes, dumpBytes },
    ...rounds,
    restore,
    memory,
    emptySeconds,
    plans,
    retention,
    audit,
    status,
    failover,
  };
}

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());

try {
  const options = parseOptions(process.argv.slice(2));
  const before = options.again ? await readKept() : null;
  const found = await gather(options, stop.signal);
  const facts = before === null ? found : withAgain(before, found);
  if (options.out !== undefined) await writeFile(options.out, benchmarkDocument(facts));
  else if (before !== null || isWhole(options)) await keep(facts);
  else process.stdout.write(benchmarkDocument(facts));
} catch (error) {
  say(sentenceOf(error));
  process.exitCode = 1;
}
