import { readdir, readFile } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '..', '..');

/** What each folder may import, as ARCHITECTURE.md draws it; of those in `types`, types only. */
const rules: Record<string, { from: string[]; types?: string[] }> = {
  policy: { from: [] },
  process: { from: ['policy'] },
  repository: { from: ['policy', 'process'] },
  sources: { from: ['policy', 'process', 'repository'] },
  retention: { from: ['policy'] },
  checks: { from: ['policy'], types: ['workflows'] },
  reports: { from: ['policy'], types: ['workflows'] },
  workflows: { from: ['policy'], types: ['activities', 'repository'] },
  activities: {
    from: [
      'policy',
      'process',
      'repository',
      'sources',
      'retention',
      'checks',
      'reports',
      'schedules',
      'workflows',
    ],
  },
  schedules: { from: ['policy', 'workflows'] },
  workers: { from: ['policy', 'process', 'repository', 'sources', 'retention', 'activities', 'workflows'] },
  cli: {
    from: [
      'policy',
      'process',
      'repository',
      'sources',
      'retention',
      'checks',
      'reports',
      'activities',
      'workflows',
      'schedules',
      'workers',
      'tools',
    ],
  },
};

/** Modules of policy/ and repository/ that workflow code may run: free of Node, zod and the clock. */
const deterministic = new Set([
  'policy/errors.ts',
  'policy/units.ts',
  'policy/resolved.ts',
  'policy/resolved-proof.ts',
  'policy/resolved-failover.ts',
  'policy/resolved-communication.ts',
  'policy/placeholders.ts',
  'policy/nearest.ts',
]);

type Import = { file: string; target: string; typeOnly: boolean };

async function importsOf(folder: string): Promise<Import[]> {
  const files = (await readdir(join(root, folder), { recursive: true })).filter((file) =>
    file.endsWith('.ts'),
  );
  const found = files.map(async (name) => {
    const file = join(folder, name);
    const text = await readFile(join(root, file), 'utf8');
    return [...text.matchAll(/^(?:import|export)\s+(type\s+)?([^;]*?)from\s+'(\.[^']+)';/gms)].map(
      ([, type, names, path]): Import => ({
        file,
        target: normalize(join(file, '..', path ?? '')),
        typeOnly: type !== undefined || /^\{(\s*type\s+\w+(\s+as\s+\w+)?,?)+\s*\}\s*$/.test(names ?? ''),
      }),
    );
  });
  return (await Promise.all(found)).flat();
}

/** The packages that a module loads before its first line runs, by way of whatever modules of ours. */
async function packagesAtStartOf(entry: string): Promise<string[]> {
  const loaded = new Set([entry]);
  const packages = new Set<string>();
  for (const file of loaded) {
    const text = await readFile(join(root, file), 'utf8');
    for (const [, path = ''] of text.matchAll(/^(?:import|export)\s+(?!type\s)[^;]*?from\s+'([^']+)';/gms)) {
      if (path.startsWith('.')) loaded.add(normalize(join(file, '..', path)));
      else if (!path.startsWith('node:')) packages.add(path);
    }
  }
  return [...packages].sort();
}

const folderOf = (path: string): string => path.split(sep)[0] ?? '';

describe('imports', () => {
  it.each(Object.keys(rules))('of %s/ go one way', async (folder) => {
    const rule = rules[folder];
    const wrong = (await importsOf(folder)).filter(({ target, typeOnly }) => {
      const other = folderOf(target);
      if (other === folder || rule?.from.includes(other)) return false;
      return !(typeOnly && rule?.types?.includes(other));
    });
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('of the command line are few before a command is called, so that help and mistakes cost little', async () => {
    expect(await packagesAtStartOf('cli/main.ts')).toEqual(['cli-table3', 'commander', 'picocolors']);
  });

  it('of workflows/ are deterministic', async () => {
    const wrong = (await importsOf('workflows')).filter(
      ({ target, typeOnly }) => !typeOnly && folderOf(target) !== 'workflows' && !deterministic.has(target),
    );
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });
});
