import { z } from 'zod';
import { absolutePath, line, strict } from './common.ts';
import { secret } from './secret.ts';

const kubernetesName = line.regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, {
  error: 'this is no name in Kubernetes; write it in small letters, digits and dashes',
});

const resource = line.regex(/^[a-z]+(\.[a-z0-9.-]+)?\/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, {
  error: 'this is no workload; write its kind and name, like deployment/shop',
});

const context = line
  .regex(/^[^-\s]\S*$/, { error: 'this is no context; write its name as the kubeconfig has it' })
  .describe('Context of the kubeconfig.');

const workload = {
  resource: resource.describe('What, such as deployment/shop.'),
  namespace: kubernetesName.describe('Its namespace.'),
};

const oneSource = 'say what is applied in one way; write { kustomize: /path } or { file: /path }';

const apply = z.union(
  [
    strict({ kustomize: absolutePath.describe('A directory with a kustomization, on the worker.') }),
    strict({ file: absolutePath.describe('Manifests, on the worker.') }),
  ],
  { error: oneSource },
);

/** What `kubectl` is asked for. One thing for each step: `checkDeed`. */
export const kubectlFields = {
  apply: apply.optional().describe('Applies manifests.'),
  scale: strict({
    ...workload,
    replicas: z.int().min(0).max(10_000).describe('How many there are afterwards.'),
  })
    .optional()
    .describe('Scales a workload.'),
  rollout: strict(workload).optional().describe('Waits until a workload is rolled out.'),
  context: context.optional().describe('Context of the kubeconfig. Default: its current one.'),
  kubeconfig: secret.optional().describe("Where the worker finds the kubeconfig. Default: the worker's own."),
  drill: strict({ context: context.describe('Another cluster, or another user of it, for drills.') })
    .optional()
    .describe('Where it is done in a drill. Default: nothing is done.'),
};

type Deeds = { apply?: unknown; scale?: unknown; rollout?: unknown };

/** A step is one deed: what comes after it may depend on just that. */
export function checkDeed({ apply, scale, rollout }: Deeds, context: z.core.$RefinementCtx): void {
  const asked = [apply, scale, rollout].filter((deed) => deed !== undefined).length;
  if (asked === 1) return;
  const message =
    asked === 0
      ? 'this step does not say what kubectl does; write one of apply, scale and rollout'
      : 'this step does several things; make a step of each, so that each can be repeated by itself';
  context.addIssue({ code: 'custom', path: [], message });
}
