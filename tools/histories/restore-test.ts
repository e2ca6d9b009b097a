import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import type { RestoreTestInput } from '../../workflows/contract-restore-test.ts';
import type { BackupRef } from '../../workflows/contract-verify.ts';

type Recorded = {
  name: string;
  input: RestoreTestInput;
  meanwhile?: (handle: WorkflowHandle) => Promise<void>;
};

/** Restore tests to record, each prepared right before it starts. */
export async function* recordedRestoreTests(plan: ResolvedPlan, backup: BackupRef): AsyncGenerator<Recorded> {
  // Both directories are on this host, so that one worker reaches them.
  const near: ResolvedPlan = {
    ...plan,
    copies: plan.copies.map((copy) => ({ ...copy, zone: 'fra' })),
    tier: { name: 'critical', rpo: 86_400, rto: 3600 },
    alertZone: 'fra',
  };
  const choice = { kind: 'backup', backupId: backup.backupId } as const;
  const test: RestoreTestInput['test'] = {
    pick: { kind: 'latest' },
    zone: 'fra',
    from: near.copies.map(({ name }) => name),
    smoke: ['select count(*) = 100 from orders'],
    jobs: 1,
  };
  const { audit } = plan;
  const input: RestoreTestInput = { plan: near, test, choice, ...(audit === undefined ? {} : { audit }) };
  yield { name: 'restore-test', input };
  // Whose turn it is follows from the test before: the other copy's.
  await damage(near, backup);
  yield { name: 'restore-test-healed', input };
  yield { name: 'restore-test-disproven', input: { ...input, test: { ...test, smoke: ['select false'] } } };
  const closed = { kind: 'gpg' as const, name: near.key.name, recipients: [], opens: {} };
  yield { name: 'restore-test-untested', input: { ...input, plan: { ...near, key: closed } } };
  const command = { run: ['sleep', '600'], timeout: 900, secrets: {} };
  yield {
    name: 'restore-test-cancelled',
    input: { ...input, test: { ...test, command } },
    meanwhile: async (handle) => {
      await handle.cancel();
    },
  };
}

/** Changes a byte of the second copy's data. */
async function damage({ copies }: ResolvedPlan, { backupId }: BackupRef): Promise<void> {
  const [, second] = copies;
  if (second?.kind !== 'filesystem') throw new Error('the second copy is no directory');
  const names = await readdir(second.path, { recursive: true });
  const name = names.find((each) => each.includes(`${backupId}/data-`));
  if (name === undefined) throw new Error('the backup has no data there');
  const path = join(second.path, name);
  const body = await readFile(path);
  body[100] = (body[100] ?? 0) ^ 1;
  await writeFile(path, body);
}
