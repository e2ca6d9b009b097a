import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kubernetes } from '../../../activities/steps/kubectl.ts';
import type { KubernetesDeed } from '../../../policy/resolved-failover.ts';
import { run } from '../../../process/index.ts';
import {
  configMap,
  deployment,
  kubectlStep,
  listOf,
  namespaces,
  type OwnCluster,
  openCluster,
  written,
} from '../../support/cluster.ts';
import { aRun } from '../../support/steps.ts';

const roles = new URL('../../../docs/rbac/failover.yaml', import.meta.url).pathname;

describe('the documented rights of kubectl', () => {
  let cluster: OwnCluster;
  let work: OwnCluster['work'];
  let home: string;
  let config: string;

  beforeAll(async () => {
    cluster = await openCluster();
    ({ work, home } = cluster);
    const { server } = cluster;
    await cluster.create(namespaces('shop', 'shop-drill'));
    for (const _ of ['once', 'again']) await server.kubectl(['apply', '-f', roles]);
    const tokenOf = async (account: string, namespace: string) =>
      (await server.kubectl(['create', 'token', account, '-n', namespace, '--duration=1h'])).trim();
    const users = [
      { context: 'dr', token: await tokenOf('holdfast-failover', 'shop'), namespace: 'shop' },
      { context: 'drill', token: await tokenOf('holdfast-drill', 'shop-drill'), namespace: 'shop-drill' },
    ];
    config = await written(home, 'kubeconfig', server.kubeconfig(...users));
    for (const name of ['shop', 'other'])
      await cluster.create(JSON.stringify(deployment(name, { namespace: 'shop' })));
    await server.kubectl(['create', 'secret', 'generic', 'keys', '-n', 'shop', '--from-literal=a=b']);
  });

  afterAll(() => cluster?.close());

  const stepOf = (deed: KubernetesDeed, context = 'dr') => kubectlStep(config, deed, { context });
  const scaling = (name: string, namespace = 'shop'): KubernetesDeed => ({
    verb: 'scale',
    resource: `deployment/${name}`,
    namespace,
    replicas: 2,
  });
  const service = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { ports: [{ port: 80 }] },
  });
  const inFile = async (name: string, ...items: object[]): Promise<KubernetesDeed> => ({
    verb: 'apply',
    file: await written(home, `${name}.json`, listOf(...items)),
  });
  const settings = (a: string) => inFile('settings', configMap('shop', { a }), service('shop'));

  it('are enough to look, rehearse, scale and scale back, apply and wait', async () => {
    const scale = stepOf(scaling('shop'));
    const before = await kubernetes.look(scale, aRun(), work);
    expect(before.findings).toMatchObject([{ outcome: 'ok' }]);
    const { results } = await kubernetes.carryOut(scale, aRun(), work);
    await kubernetes.check(scale, aRun(), work);
    const deeds = [
      await settings('1'),
      await settings('2'),
      await inFile('shop', deployment('shop', { labels: { tier: 'critical' } })),
      { verb: 'rollout', resource: 'deployment/shop', namespace: 'shop' } as const,
    ];
    for (const deed of deeds) {
      await cluster.report('shop', 'shop');
      expect((await kubernetes.look(stepOf(deed), aRun(), work)).findings).toMatchObject([{ outcome: 'ok' }]);
      await kubernetes.carryOut(stepOf(deed), aRun({ mode: 'drill' }), work);
      await kubernetes.carryOut(stepOf(deed), aRun(), work);
    }
    expect(await cluster.read('configmap/shop', 'shop', '.data.a')).toBe('2');
    const after = aRun({ results: { deploy: results } });
    expect(await kubernetes.undo(scale, after, work)).toMatchObject({ outcome: 'undone' });
  });

  it('are for nothing else', async () => {
    const refused = async (deed: KubernetesDeed, context = 'dr') =>
      expect(kubernetes.carryOut(stepOf(deed, context), aRun(), work)).rejects.toMatchObject({
        code: 'access-denied',
      });
    await refused(scaling('other'));
    await refused(scaling('shop', 'shop-drill'));
    await refused(await inFile('other', deployment('other', { labels: { tier: 'none' } })));
    await refused(await inFile('secret', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'shop' } }));
    const asked = (context: string, ...args: string[]) =>
      run(
        { command: 'kubectl', args: ['--kubeconfig', config, '--context', context, ...args] },
        { okExitCodes: [1] },
      );
    for (const args of [
      ['get', 'secret', 'keys'],
      ['get', 'deployments'],
      ['delete', 'deployment', 'shop'],
      ['set', 'image', 'deployment/other', 'it=registry.example.org/evil'],
      ['create', 'token', 'holdfast-failover'],
    ])
      expect((await asked('dr', ...args)).stderr).toMatch(/\(Forbidden\)|is forbidden/);
    for (const right of [
      ['patch', 'deployments/other', '--subresource=scale'],
      ['patch', 'deployments/other'],
      ['delete', 'configmaps/shop'],
      ['create', 'pods'],
      ['list', 'secrets'],
    ])
      expect((await asked('dr', 'auth', 'can-i', ...right)).stdout).toBe('no\n');
  });

  it('are those of drills in a namespace of their own alone', async () => {
    const step = { ...stepOf(await settings('drill')), drill: { context: 'drill' } };
    const before = await cluster.versionOf('configmap/shop', 'shop');
    await kubernetes.carryOut(step, aRun({ mode: 'drill' }), work);
    expect(await cluster.read('configmap/shop', 'shop-drill', '.data.a')).toBe('drill');
    expect(await cluster.versionOf('configmap/shop', 'shop')).toBe(before);
    const real = { ...stepOf(scaling('shop')), drill: { context: 'drill' } };
    await expect(kubernetes.carryOut(real, aRun({ mode: 'drill' }), work)).rejects.toMatchObject({
      code: 'access-denied',
    });
  });
});
