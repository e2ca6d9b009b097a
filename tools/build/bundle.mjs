import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Bundles the workflow code ahead of time, so that a worker starts without a bundler.
 *
 * @param {string} dist
 */
export async function bundleWorkflows(dist) {
  const workflowsPath = join(dist, 'workflows', 'index.js');
  if (!existsSync(workflowsPath)) return;
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  writeFileSync(join(dist, 'workflow-bundle.js'), code);
}
