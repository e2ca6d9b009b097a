import { join } from 'node:path';
import { run } from '../../../process/index.ts';
import { labSource, openLab } from '../../lab/lab.ts';
import type { PlansFact } from '../facts.ts';
import { timed } from '../measure.ts';
import type { Place } from '../place.ts';
import { startWorker } from '../worker.ts';

const program = join(import.meta.dirname, '..', '..', '..', 'cli', 'main.js');

/** `holdfast plan` and `apply` of so many plans, and both again when there is nothing left to do. */
export async function measurePlans(place: Place, count: number): Promise<PlansFact> {
  const lab = await openLab();
  try {
    const source = await labSource(lab, place.postgres, 'empty');
    const names = Array.from({ length: count }, (_, index) => `plan-${index}`);
    await lab.usePolicy({
      repositories: {
        many: { kind: 'filesystem', path: await lab.repositoryPath('many'), zone: 'fra', keepFree: '1MiB' },
      },
      sources: Object.fromEntries(names.map((name) => [name, source])),
      plans: Object.fromEntries(names.map((name, index) => [name, planOf(name, index)])),
    });
    const worker = await startWorker('fra', place.workerEnvironment);
    try {
      const command = (...args: string[]) => seconds(place, ['--policy', lab.policyFile, ...args]);
      return {
        plans: count,
        plan: await command('plan'),
        apply: await command('apply', '--yes'),
        planAgain: await command('plan', '--check'),
        applyAgain: await command('apply', '--yes'),
      };
    } finally {
      await worker.stop();
    }
  } finally {
    await lab.close();
  }
}

/** At many different times; paused, so that none fires while we measure. */
function planOf(source: string, index: number) {
  const cron = `${index % 60} ${index % 24} * * *`;
  return { source, schedule: { cron, paused: true }, key: 'databases', copies: ['many'] };
}

async function seconds(place: Place, args: string[]): Promise<number> {
  const spec = { command: program, args, env: place.workerEnvironment };
  return (await timed(() => run(spec, { signal: place.signal }))).seconds;
}
