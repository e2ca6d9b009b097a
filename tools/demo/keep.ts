import type { Client } from '@temporalio/client';
import { ask, look, show, showRefused } from './commands.ts';
import { backupIds, deletions } from './listed.ts';
import type { DemoSet } from './set.ts';
import { say } from './tell.ts';

/** What would go is shown, and is what goes. */
export async function playRetention(set: DemoSet, plan: string): Promise<void> {
  await look(set, ['retention', 'preview', plan, '--limit', '12']);
  await show(set, ['retention', 'run', plan, '--yes', '--wait', '--as', 'erin']);
}

/** One old backup goes before its time, as two people agree; the newest one never does. */
export async function playDeletion(set: DemoSet, client: Client, plan: string): Promise<void> {
  const list = ['backup', 'list', '--plan', plan];
  const oldest = backupIds(await ask(set, [...list, '--repository', 'archive'])).at(-1) ?? '';
  const [newest = ''] = backupIds(await ask(set, [...list, '--limit', '1']));
  const reason = ['--reason', 'erasure request 4711', '--as', 'erin'];
  say('The newest one can not be asked for:');
  await showRefused(set, ['deletion', 'request', newest, ...reason]);
  await show(set, ['deletion', 'request', oldest, ...reason]);
  const [run = ''] = deletions(await ask(set, ['deletion', 'list']))
    .filter(({ ended }) => !ended)
    .map(({ id }) => id);
  await show(set, approval(set, run, 'frank'));
  await show(set, approval(set, run, 'grace'));
  say('Now the delay, in which anyone may cancel: 2 s here, a day by default.');
  await client.workflow.getHandle(run).result();
  await show(set, ['audit', 'list', '--limit', '8']);
  await show(set, ['audit', 'verify']);
}

const approval = (set: DemoSet, run: string, name: 'frank' | 'grace'): string[] => [
  'deletion',
  'approve',
  run,
  '--as',
  name,
  '--sign-with',
  set.keyOf(name),
];
