import { type Contender, type Facts, type Sample, sections } from '../../../tools/bench/facts.ts';

/** A sample as a quiet machine would give it. */
export function sampleOf(contender: Contender, seconds: number, parts: Record<string, number> = {}): Sample {
  return { contender, seconds, parts, storedBytes: 342e6, cpuSeconds: seconds * 1.5 };
}

/** Facts of a whole run that meets every target, with some of them changed. */
export function factsOf(changes: Partial<Facts> = {}): Facts {
  return {
    date: '2026-11-21',
    machine: {
      cores: 2,
      processor: 'Example 3000',
      memoryBytes: 24e9,
      kernel: '6.1.0',
      versions: { 'Node.js': '20.20.2', PostgreSQL: '15.18' },
      busyBefore: 0.02,
    },
    sections,
    runs: 3,
    database: { rows: 10_000_000, bytes: 1.5e9, dumpBytes: 0.9e9 },
    floorSeconds: [8.5, 8.4, 8.6],
    samples: [
      ...[15, 15.2, 14.8].map((seconds) => sampleOf('pipe', seconds, { 'copy to S3': 2, 'read back': 2.5 })),
      ...[16, 15.9, 16.4].map((seconds) => sampleOf('holdfast-off', seconds, { streaming: 15, dump: 15.2 })),
      ...[16.8, 16.9, 17].map((seconds) =>
        sampleOf('holdfast-counts', seconds, { streaming: 15.6, dump: 16 }),
      ),
      sampleOf('holdfast-one', 15.5, { streaming: 14.9, dump: 15.1 }),
      sampleOf('holdfast-checksums', 24, { streaming: 18, dump: 23 }),
      sampleOf('script', 90, { dump: 70, gpg: 15, copy: 5 }),
      sampleOf('restic', 21),
      sampleOf('pgbackrest', 12),
    ],
    restore: { jobs: 2, pipe: [20, 21, 19], one: [20.5], several: [14, 14.4, 14.2], whole: [23], test: [25] },
    memory: [
      { databaseBytes: 0.1e9, idleBytes: 150e6, peakBytes: [200e6, 202e6, 198e6] },
      { databaseBytes: 1.5e9, idleBytes: 150e6, peakBytes: [210e6, 212e6, 208e6] },
    ],
    emptySeconds: [1.1, 1.2, 1],
    plans: { plans: 1000, plan: 1.4, apply: 9, planAgain: 2, applyAgain: 2.4 },
    audit: { appended: { directory: 60, bucket: 30 }, entries: 1_000_000, seconds: 50, peakBytes: 150e6 },
    retention: { backups: 100_000, seconds: [0.7, 0.8, 0.6], peakBytes: [300e6], packedBytes: 1.4e6 },
    status: { plans: 1000, backups: 60, objects: 360_000, cold: [6.1, 6, 6.4], again: 5.9, requests: 1002 },
    ...changes,
  };
}
