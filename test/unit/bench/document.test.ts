import { describe, expect, it } from '@jest/globals';
import { benchmarkDocument } from '../../../tools/bench/report/document.ts';
import { judge } from '../../../tools/bench/report/targets.ts';
import { factsOf, sampleOf } from './facts.ts';

/** The row of a table whose first cell starts so. */
function rowOf(text: string, start: string): string[] | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`| ${start}`));
  return line?.slice(2, -2).split(' | ');
}

describe('the document of a benchmark', () => {
  it('says of each target what was measured and that it was met', () => {
    const text = benchmarkDocument(factsOf());
    expect(rowOf(text, 'Streaming')?.slice(1)).toEqual(['≥ 0.95 ×', '1.00 ×', 'yes']);
    expect(rowOf(text, 'The whole run with')?.slice(1)).toEqual(['≥ 0.8 ×', '0.89 ×', 'yes']);
    expect(rowOf(text, 'The whole run, beside')?.slice(1)).toEqual(['≥ 5 ×', '5.33 ×', 'yes']);
    expect(rowOf(text, 'A restore with one')?.slice(1)).toEqual(['≥ 0.95 ×', '0.98 ×', 'yes']);
    expect(rowOf(text, 'A restore with 2')?.slice(1)).toEqual(['≥ 1 ×', '1.44 ×', 'yes']);
    expect(rowOf(text, 'Peak memory')?.slice(1)).toEqual(['< 300 MB', '212 MB', 'yes']);
    expect(rowOf(text, 'Growth')?.slice(1)).toEqual(['flat (≤ 10 %)', '5.0 %', 'yes']);
    expect(text).toContain('Nothing of what is measured here.');
  });

  it('lists what falls short with its reason', () => {
    const samples = [sampleOf('pipe', 10), sampleOf('holdfast-counts', 20), sampleOf('script', 60)];
    const text = benchmarkDocument(factsOf({ samples }));
    expect(rowOf(text, 'The whole run with')?.slice(2)).toEqual(['0.50 ×', '**no**']);
    expect(text).toMatch(/- The whole run with .* 0\.50 ×\. The database, the tools/);
    expect(text).toMatch(/- The whole run, beside the usual script: 3\.00 ×\. The script is bound/);
    expect(text).not.toContain('Nothing of what is measured here.');
  });

  it('says what the same outcome takes by hand, where the whole run falls short', () => {
    const samples = [
      sampleOf('pipe', 10, { 'copy to S3': 2, 'read back': 3 }),
      sampleOf('holdfast-off', 14, { streaming: 12 }),
      sampleOf('holdfast-counts', 16),
    ];
    expect(benchmarkDocument(factsOf({ samples }))).toContain(
      'reading both back took 15.0 s; Holdfast without counting took 14.0 s',
    );
  });

  it('says how fast it streams when it only does what the pipe does, where streaming falls short', () => {
    const samples = [
      sampleOf('pipe', 10),
      sampleOf('holdfast-one', 11, { streaming: 10.2 }),
      sampleOf('holdfast-off', 14, { streaming: 12 }),
    ];
    expect(benchmarkDocument(factsOf({ samples }))).toContain(
      'Into one directory, as the pipe writes, it is 0.98 ×.',
    );
  });

  it('gives medians with their spread, and ratios to Holdfast as it comes', () => {
    const text = benchmarkDocument(factsOf());
    expect(rowOf(text, '`pg_dump -Fc -Z0 \\| zstd')?.slice(1)).toEqual([
      '15.0 (14.8 to 15.2)',
      '0.89 ×',
      '342 MB',
      '75 %',
    ]);
    expect(rowOf(text, 'streaming')).toEqual(['streaming', '14.9', '15.0', '15.6', '18.0']);
    expect(text).toMatch(/Counting rows adds 0\.9 s to the whole run \(6 %\)/);
    expect(text).toMatch(/Checksums of all contents adds? 8\.0 s/);
    expect(text).toContain('takes 1.10 (1.00 to 1.20) s');
  });

  it('owns up to a busy machine and to a small database', () => {
    const quiet = benchmarkDocument(factsOf());
    expect(quiet).not.toContain('noisy');
    const { machine, database } = factsOf();
    const text = benchmarkDocument(
      factsOf({
        machine: { ...machine, busyBefore: 0.6 },
        database: { ...database, rows: 1000 },
        floorSeconds: [8, 12, 8.1],
      }),
    );
    expect(text).toContain('pg_dump alone took from 8.0 to 12.0 s');
    expect(text).toContain('60 % busy before the run: the numbers are noisy');
    expect(text).toContain('smaller than the 10,000,000 rows');
  });

  it('leaves out what was not measured, and claims nothing of it', () => {
    const nothing = {
      samples: [],
      floorSeconds: [],
      memory: [],
      emptySeconds: [],
      plans: null,
      retention: null,
      audit: null,
      status: null,
      restore: null,
    };
    expect(judge(factsOf(nothing))).toEqual([]);
    const text = benchmarkDocument(factsOf(nothing));
    for (const absent of ['## Targets', '## Memory', '## An empty', 'plans\n', 'NaN'])
      expect(text).not.toContain(absent);
    expect(benchmarkDocument(factsOf({ samples: [sampleOf('holdfast-counts', 20)] }))).not.toContain('NaN');
  });

  it('has no line that is too long but for tables and lists', () => {
    const lines = benchmarkDocument(factsOf()).split('\n');
    expect(lines.filter((line) => line.length > 120 && !/^[|-]/.test(line))).toEqual([]);
  });
});

describe('a target', () => {
  it('of memory fails at 300 MB, and when the peak grows with the database', () => {
    const memory = (small: number, large: number) =>
      judge(
        factsOf({
          samples: [],
          retention: null,
          status: null,
          restore: null,
          memory: [
            { databaseBytes: 0.1e9, idleBytes: 1, peakBytes: [small] },
            { databaseBytes: 1.5e9, idleBytes: 1, peakBytes: [large] },
          ],
        }),
      ).map(({ met }) => met);
    expect(memory(280e6, 290e6)).toEqual([true, true]);
    expect(memory(290e6, 300e6)).toEqual([false, true]);
    expect(memory(100e6, 120e6)).toEqual([true, false]);
  });

  it('of retention fails at 2 s, and at 500 MB', () => {
    const retention = (seconds: number, most: number) =>
      judge(
        factsOf({
          samples: [],
          memory: [],
          status: null,
          restore: null,
          retention: { backups: 100_000, seconds: [seconds], peakBytes: [1, most], packedBytes: 1 },
        }),
      ).map(({ met }) => met);
    expect(retention(1.9, 499e6)).toEqual([true, true]);
    expect(retention(2, 499e6)).toEqual([false, true]);
    expect(retention(1.9, 500e6)).toEqual([true, false]);
  });

  it('of a restore fails below 0.95 of the pipe, and when several jobs gain nothing', () => {
    const restore = (one: number, several: number) =>
      judge(
        factsOf({
          samples: [],
          memory: [],
          retention: null,
          status: null,
          restore: { jobs: 2, pipe: [10], one: [one], several: [several], whole: [1], test: [1] },
        }),
      ).map(({ met }) => met);
    expect(restore(10.5, 10)).toEqual([true, true]);
    expect(restore(10.6, 10)).toEqual([false, true]);
    expect(restore(10, 10.1)).toEqual([true, false]);
  });

  it('of status fails at 10 s with a worker that has just started', () => {
    const status = (cold: number) =>
      judge(
        factsOf({
          samples: [],
          memory: [],
          retention: null,
          restore: null,
          status: { plans: 1000, backups: 60, objects: 1, cold: [cold], again: 1, requests: 1 },
        }),
      ).map(({ met }) => met);
    expect(status(9.9)).toEqual([true]);
    expect(status(10)).toEqual([false]);
  });
});
