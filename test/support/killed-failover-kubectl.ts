import { expect } from '@jest/globals';
import { run as runTool } from '../../process/index.ts';
import { eventually, startKubernetes } from '../../tools/servers/index.ts';
import { clusterOn, deployment, namespaces, written } from './cluster.ts';
import { say, waiting } from './failovers.ts';
import { counted, endOf, type Hanging, type KilledFailovers } from './killed-failover.ts';
import { step } from './runbooks.ts';

const running = async (args: string): Promise<string> =>
  (await runTool({ command: 'pgrep', args: ['-f', args] }, { okExitCodes: [0, 1] })).stdout;

export const kubectlCases: Record<string, (scene: KilledFailovers) => Promise<Hanging>> = {
  'a rollout that it waits for, and a scale that was made and not known to be': async (scene) => {
    const cluster = clusterOn(scene.keep(await startKubernetes()));
    const user = { context: 'dr', token: cluster.server.admin };
    const { directory } = scene.stage.lab;
    const file = await written(directory, 'kubeconfig', cluster.server.kubeconfig(user));
    await cluster.create(namespaces('web'));
    for (const [name, replicas] of [
      ['rolled', 2],
      ['scaled', 1],
    ] as const)
      await cluster.create(JSON.stringify(deployment(name, { replicas, namespace: 'web' })));
    const of = (name: string) => ({ resource: `deployment/${name}`, namespace: 'web' });
    const kubectl = { do: 'kubectl', context: 'dr', kubeconfig: { file } } as const;
    const run = await scene.start('kubectl', [
      step('rollout', { ...kubectl, deed: { verb: 'rollout', ...of('rolled') } }, { timeout: 300 }),
      step('scale', { ...kubectl, deed: { verb: 'scale', replicas: 3, ...of('scaled') } }, { timeout: 300 }),
      step('end', { do: 'manual' }, { needs: ['rollout', 'scale'] }),
    ]);
    const kubectls = 'deployment/(rolled|scaled)';
    const waits = 'rollout status deployment/rolled';
    const read = (path: string) => cluster.read('deployment/scaled', 'web', path);
    return {
      hung: counted(async () => (await read('.spec.replicas')) === '3' && (await running(waits)) !== ''),
      killed: () => eventually(async () => expect(await running(kubectls)).toBe(''), 30),
      finished: async () => {
        await cluster.report('rolled', 'web', 2);
        await waiting(run, 'end', 'deed');
        // Each change counts one: it was made, and made once.
        expect(await read('.metadata.generation')).toBe('2');
        await say(run, 'abort', { by: 'commander-1', reason: 'the site is back' });
        const { steps, undone } = await endOf(run);
        expect(steps.map(({ state, attempts }) => [state, attempts]).slice(0, 2)).toEqual([
          ['passed', 1],
          ['undone', 1],
        ]);
        expect(steps[1]?.results).toEqual([
          { name: 'replicas before', value: '1', number: 1, unit: 'count' },
        ]);
        expect(undone).toEqual([expect.stringContaining('deployment/scaled is scaled to 1 again')]);
        expect(await read('.spec.replicas')).toBe('1');
        expect(await running(kubectls)).toBe('');
      },
    };
  },
};
