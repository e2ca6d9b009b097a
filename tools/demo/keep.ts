import { eventually } from '../servers/index.ts';
import { ask, show, showRefused } from './commands.ts';
import { backupIds, deletions } from './listed.ts';
import type { DemoSet } from './set.ts';
import { say } from './tell.ts';

/** What would go is shown, and is what goes. */
export async function playRetention(set: DemoSet, plan: string): Promise<void> {
  await show(set, ['retention', 'preview', plan, '--limit', '12']);
  await show(set, ['retention', 'run', plan, '--yes', '--wait', '--as', 'erin']);
}

/** One old backup goes before its time, as two people agree; the newest one never does. */
export async function playDeletion(set: DemoSet, plan: string): Promise<void> {
  const ids = backupIds(await ask(set, ['backup', 'list', '--plan', plan, '--limit', '100']));
  const [oldest = '', newest = ''] = [ids.at(-1), ids[0]];
  const reason = ['--reason', 'erasure request 4711', '--as', 'erin'];
  say('The newest one can not be asked for:');
  await showRefused(set, ['deletion', 'request', newest, ...reason]);
  await show(set, ['deletion', 'request', oldest, ...reason]);
  const [run = ''] = deletions(await ask(set, ['deletion', 'list']))
    .filter(({ ended }) => !ended)
    .map(({ id }) => id);
  say('Who asked for it is none of those who approve:');
  await showRefused(set, approval(set, run, 'erin'));
  await show(set, approval(set, run, 'frank'));
  await show(set, approval(set, run, 'grace'));
  say('Now the delay, in which anyone may cancel: 5 s here, a day by default.');
  await eventually(async () => {
    const found = deletions(await ask(set, ['deletion', 'list'])).find(({ id }) => id === run);
    if (found?.ended !== true) throw new Error(`${run} has not ended`);
  }, 60);
  await show(set, ['deletion', 'list']);
  await show(set, ['audit', 'list', '--limit', '8']);
  await show(set, ['audit', 'verify']);
}

const approval = (set: DemoSet, run: string, name: 'erin' | 'frank' | 'grace'): string[] => [
  'deletion',
  'approve',
  run,
  '--as',
  name,
  '--sign-with',
  set.keyOf(name),
];
