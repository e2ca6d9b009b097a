import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const workflowsPath = join(import.meta.dirname, '..', '..', 'workflows', 'index.ts');
const withoutSearchAttributes = join(import.meta.dirname, 'without-search-attributes.ts');

/** `skipping` leaves out what the time-skipping server refuses. */
const interceptorsOf = { real: [], skipping: [withoutSearchAttributes] };

type Kind = keyof typeof interceptorsOf;

/** Tells the test files of a run where its bundles are. */
const variable = 'HOLDFAST_TEST_BUNDLES';

/** The workflow code for a worker: what `makeBundles` made for this run, else made now. */
export async function workflowBundle(kind: Kind = 'real'): Promise<{ codePath: string } | { code: string }> {
  const directory = process.env[variable];
  return directory === undefined ? { code: await bundle(kind) } : { codePath: fileOf(directory, kind) };
}

/** Bundles once for a whole run: each test file would need three seconds of a processor for it. */
export async function makeBundles(): Promise<void> {
  if (process.env[variable] !== undefined) return;
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bundles-'));
  process.env[variable] = directory;
  for (const kind of ['real', 'skipping'] as const) {
    await writeFile(fileOf(directory, kind), await bundle(kind));
  }
}

export async function removeBundles(): Promise<void> {
  const directory = process.env[variable];
  delete process.env[variable];
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
}

function fileOf(directory: string, kind: Kind): string {
  return join(directory, `${kind}.js`);
}

async function bundle(kind: Kind): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: interceptorsOf[kind],
    logger: new DefaultLogger('ERROR'),
  });
  return code;
}
