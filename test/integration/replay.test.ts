import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import { workflowTypes } from '../../workflows/contract.ts';
import { workflowBundle } from '../support/bundle.ts';

const directory = join(import.meta.dirname, '..', 'histories');

describe('workflow code', () => {
  it('replays every recorded history, and each workflow has one', async () => {
    const bundle = await workflowBundle();
    const names = (await readdir(directory)).filter((name) => name.endsWith('.json'));
    const seen = new Set<string>();
    for (const name of names) {
      const history: unknown = JSON.parse(await readFile(join(directory, name), 'utf8'));
      await Worker.runReplayHistory({ workflowBundle: bundle }, history, `record/${name}`);
      seen.add(typeOf(history));
    }
    expect([...seen].sort()).toEqual(Object.values(workflowTypes).sort());
  });
});

function typeOf(history: unknown): string {
  const [, type] = /"workflowType":\s*\{\s*"name":\s*"(\w+)"/.exec(JSON.stringify(history)) ?? [];
  return type ?? 'none';
}
