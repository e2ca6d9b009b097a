import type { Contender, Facts, Sample } from '../facts.ts';
import { median } from '../statistics.ts';

/** A promise about speed or size, and what became of it. */
export type Target = {
  what: string;
  wanted: string;
  measured: string;
  met: boolean;
  /** Why it is likely to fall short where it does: said only then. */
  why: string;
};

const megabyte = 1e6;
const memoryLimit = 300 * megabyte;
/** How much of the small database's peak the large one's may have on top and still count as flat. */
const flatness = 0.1;

/** The targets of the measured sections, judged. */
export function judge(facts: Facts): Target[] {
  const ratio = (theirs: number, ours: number) => theirs / ours;
  const pipe = secondsOf(facts, 'pipe');
  const whole = secondsOf(facts, 'holdfast-counts');
  const targets = [
    atLeast({
      what: 'Streaming, beside the same tools in a shell pipe to one file (throughput)',
      least: 0.95,
      measured: ratio(pipe, partOf(facts, 'holdfast-off', 'streaming')),
      why: `${sharedMachine} ${likeForLike(facts)}`,
    }),
    atLeast({
      what: 'The whole run with rows counted and both copies read back, beside that pipe',
      least: 0.8,
      measured: ratio(pipe, whole),
      why: `${sharedMachine} ${outcomeByHand(facts)}`,
    }),
    atLeast({
      what: 'The whole run, beside the usual script',
      least: 5,
      measured: ratio(secondsOf(facts, 'script'), whole),
      why: scriptWhy,
    }),
  ];
  return [
    ...targets.filter((target) => target !== null),
    ...restoreTargets(facts),
    ...memoryTargets(facts),
    ...retentionTargets(facts),
    ...statusTargets(facts),
  ];
}

const sharedMachine =
  'The database, the tools, the worker and the S3 server all share the processors of this one machine, and the pipe does not write to S3 at all.';

const scriptWhy =
  'The script is bound by pg_dump compressing on one processor. Where the other processors are few, the work that Holdfast does beside the dump (a second copy, reading back, counting) takes from what it gains there.';

/** What streaming costs when it does what the pipe does, and no more. */
function likeForLike(facts: Facts): string {
  const ratio = secondsOf(facts, 'pipe') / partOf(facts, 'holdfast-one', 'streaming');
  return Number.isNaN(ratio) ? '' : `Into one directory, as the pipe writes, it is ${ratio.toFixed(2)} ×.`;
}

/** What a pipe would have to do too, to have what Holdfast leaves behind. */
function outcomeByHand(facts: Facts): string {
  const parts = ['copy to S3', 'read back'].map((part) => partOf(facts, 'pipe', part));
  const sum = parts.reduce((total, part) => total + part, secondsOf(facts, 'pipe'));
  const whole = secondsOf(facts, 'holdfast-off');
  if (Number.isNaN(sum) || Number.isNaN(whole)) return '';
  return `Done by hand one after the other, the pipe, a copy to S3 and reading both back took ${sum.toFixed(1)} s; Holdfast without counting took ${whole.toFixed(1)} s.`;
}

function atLeast(target: { what: string; least: number; measured: number; why: string }): Target | null {
  const { what, least, measured, why } = target;
  if (Number.isNaN(measured)) return null;
  return {
    what,
    wanted: `≥ ${least} ×`,
    measured: `${measured.toFixed(2)} ×`,
    met: measured >= least,
    why: why.trim(),
  };
}

function restoreTargets({ restore }: Facts): Target[] {
  if (restore === null) return [];
  const [pipe, one, several] = [restore.pipe, restore.one, restore.several].map(median);
  if (pipe === undefined || one === undefined || several === undefined) return [];
  const targets = [
    atLeast({
      what: 'A restore with one job, beside the same tools in a shell pipe',
      least: 0.95,
      measured: pipe / one,
      why: 'Every byte is hashed and passes through Node on its way in, and the processors are shared with the server.',
    }),
    atLeast({
      what: `A restore with ${restore.jobs} jobs, beside one job`,
      least: 1,
      measured: one / several,
      why: 'The dump is decrypted into a file first, and the jobs share the few processors with the server.',
    }),
  ];
  return targets.filter((target) => target !== null);
}

function memoryTargets({ memory }: Facts): Target[] {
  const [small, large] = memory.map(({ peakBytes }) => median(peakBytes));
  if (small === undefined || large === undefined) return [];
  const most = Math.max(...memory.flatMap(({ peakBytes }) => peakBytes));
  const growth = large / small - 1;
  return [
    {
      what: "Peak memory of the worker's process",
      wanted: `< ${memoryLimit / megabyte} MB`,
      measured: `${Math.round(most / megabyte)} MB`,
      met: most < memoryLimit,
      why: `A worker that has nothing to do takes ${Math.round((memory[0]?.idleBytes ?? 0) / megabyte)} MB already: Node.js, Temporal's native core, and workflow code in isolates of its own.`,
    },
    {
      what: 'Growth of that peak from the small database to the large one',
      wanted: `flat (≤ ${flatness * 100} %)`,
      measured: `${(growth * 100).toFixed(1)} %`,
      met: growth <= flatness,
      why: 'Parts on their way to S3 are held until they arrived, at most 64 MiB, and only an upload of several parts fills all of them.',
    },
  ];
}

function retentionTargets({ retention }: Facts): Target[] {
  if (retention === null) return [];
  const seconds = median(retention.seconds);
  const most = Math.max(...retention.peakBytes);
  const what = `Retention decided for ${retention.backups.toLocaleString('en')} backups`;
  return [
    {
      what,
      wanted: '< 2 s',
      measured: `${seconds.toFixed(2)} s`,
      met: seconds < 2,
      why: 'Most of it is the texts that say why, and the memory that they take.',
    },
    {
      what: `${what}: memory`,
      wanted: '< 500 MB',
      measured: `${Math.round(most / megabyte)} MB`,
      met: most < 500 * megabyte,
      why: 'Every backup has its reasons, also where nobody reads them.',
    },
  ];
}

function statusTargets({ status }: Facts): Target[] {
  if (status === null) return [];
  const seconds = median(status.cold);
  return [
    {
      what: `\`status\` of ${status.plans.toLocaleString('en')} plans with ${status.backups} backups each on S3, cold`,
      wanted: '< 10 s',
      measured: `${seconds.toFixed(1)} s`,
      met: seconds < 10,
      why: 'One listing for each source, and the S3 server that makes them shares the processors with the worker, the command and Temporal.',
    },
  ];
}

export function samplesOf({ samples }: Facts, contender: Contender): Sample[] {
  return samples.filter((sample) => sample.contender === contender);
}

/** Median seconds; NaN of what was not measured. */
export function secondsOf(facts: Facts, contender: Contender): number {
  return median(samplesOf(facts, contender).map(({ seconds }) => seconds));
}

/** Median seconds of one phase; NaN of what was not measured. */
export function partOf(facts: Facts, contender: Contender, part: string): number {
  return median(samplesOf(facts, contender).map(({ parts }) => parts[part] ?? Number.NaN));
}
