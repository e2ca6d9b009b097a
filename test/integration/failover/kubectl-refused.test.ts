import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kubernetes } from '../../../activities/steps/kubectl.ts';
import type { KubernetesDeed, StepOf } from '../../../policy/resolved-failover.ts';
import { eventually } from '../../../tools/servers/index.ts';
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

let cluster: OwnCluster;
let work: OwnCluster['work'];
let home: string;
let config: string;
let manifest: string;

const scale = { verb: 'scale', resource: 'deployment/shop', namespace: 'web', replicas: 3 } as const;
const rollout = { verb: 'rollout', resource: 'deployment/shop', namespace: 'web' } as const;
const deeds = (): KubernetesDeed[] => [scale, rollout, { verb: 'apply', file: manifest }];

beforeAll(async () => {
  const users = ['poor', 'reader'];
  cluster = await openCluster(users);
  ({ work, home } = cluster);
  const { server } = cluster;
  const known = [
    { context: 'dr', token: server.admin, namespace: 'web' },
    { context: 'wrong', token: 'a-token-of-nobody', namespace: 'web' },
    ...users.map((context) => ({ context, token: server.tokens[context] ?? '', namespace: 'web' })),
  ];
  config = await written(home, 'kubeconfig', server.kubeconfig(...known));
  manifest = await written(home, 'settings.json', JSON.stringify(configMap('settings', { a: '1' })));
  await cluster.create(namespaces('web'));
  await cluster.create(JSON.stringify(deployment('shop', { namespace: 'web' })));
});

afterAll(() => cluster?.close());

const stepOf = (deed: KubernetesDeed, more: Partial<StepOf<'kubectl'>> = {}): StepOf<'kubectl'> =>
  kubectlStep(config, deed, { context: 'dr', timeout: 20, ...more });

/** What a deed is refused with; a look has it as a fault, and a dry run is refused as well. */
async function refusalOf(step: StepOf<'kubectl'>): Promise<{ code: string; sentence: string }> {
  const { findings } = await kubernetes.look(step, aRun(), work);
  expect(findings).toEqual([expect.objectContaining({ outcome: 'fault' })]);
  const refused = await kubernetes.carryOut(step, aRun(), work).then(
    () => ({ code: 'done', sentence: '' }),
    ({ code, sentence }) => ({ code, sentence }),
  );
  await expect(kubernetes.carryOut(step, aRun({ mode: 'drill' }), work)).rejects.toMatchObject({
    code: refused.code,
  });
  return refused;
}

describe('what a cluster refuses', () => {
  it('is told apart: who asks, with what right, for what', async () => {
    for (const deed of deeds()) {
      const of = (context: string) => refusalOf(stepOf(deed, { context }));
      expect(await of('wrong')).toMatchObject({ code: 'authentication-failed' });
      expect(await of('poor')).toMatchObject({ code: 'access-denied' });
      expect(await of('nowhere')).toMatchObject({ code: 'bad-policy' });
    }
    for (const deed of [scale, rollout])
      expect(await refusalOf(stepOf({ ...deed, resource: 'deployment/gone' }))).toEqual({
        code: 'not-found',
        sentence: expect.stringMatching(
          /^kubectl ended .*deployments\.apps "gone" not found \(context dr\)\. Check the names in the step\.$/,
        ),
      });
    for (const deed of [
      { verb: 'apply', file: '/nowhere.yaml' },
      { verb: 'apply', kustomize: '/nowhere' },
    ] as const)
      expect(await refusalOf(stepOf(deed))).toMatchObject({ code: 'not-found' });
    expect(await refusalOf(stepOf({ ...scale, resource: 'spaceship/shop' }))).toMatchObject({
      code: 'not-found',
    });
  });

  it('is the server itself, where nothing vouches for it', async () => {
    const { clusters, ...rest } = JSON.parse(cluster.server.kubeconfig({ context: 'dr', token: 'any' }));
    delete clusters[0].cluster['certificate-authority-data'];
    const file = await written(home, 'unvouched', JSON.stringify({ ...rest, clusters }));
    for (const deed of deeds())
      expect(await refusalOf(stepOf(deed, { kubeconfig: { file } }))).toMatchObject({
        code: 'authentication-failed',
        sentence: expect.stringContaining('which authority vouches'),
      });
  });

  it('is what rules of the cluster itself are against', async () => {
    const rule = {
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: ['apps'],
            apiVersions: ['v1'],
            operations: ['UPDATE'],
            resources: ['deployments/scale'],
          },
        ],
      },
      validations: [{ expression: 'object.spec.replicas <= 50', message: 'no more than fifty' }],
    };
    const kind = 'ValidatingAdmissionPolicy';
    const [apiVersion, metadata] = ['admissionregistration.k8s.io/v1', { name: 'fifty' }];
    const binding = { policyName: 'fifty', validationActions: ['Deny'] };
    await cluster.create(
      listOf(
        { apiVersion, kind, metadata, spec: rule },
        { apiVersion, kind: `${kind}Binding`, metadata, spec: binding },
      ),
    );
    // Rules of a cluster hold from a moment after they were made.
    await eventually(
      async () =>
        expect(await refusalOf(stepOf({ ...scale, replicas: 60 }))).toEqual({
          code: 'refused',
          sentence: expect.stringContaining('no more than fifty'),
        }),
      30,
    );
  });

  it('is a user who may see a workload and not watch it, before it waits in vain', async () => {
    const role = ['role', 'reader', '--verb=get', '--resource=deployments', '-n', 'web'];
    await cluster.server.kubectl(['create', ...role]);
    await cluster.server.kubectl([
      ...['create', 'rolebinding', 'reader', '-n', 'web', '--role=reader', '--user=reader'],
    ]);
    await eventually(async () => {
      const { findings } = await kubernetes.look(stepOf(rollout, { context: 'reader' }), aRun(), work);
      expect(findings).toEqual([
        expect.objectContaining({
          outcome: 'fault',
          sentence: expect.stringMatching(/^Its user may not list deployment\/shop in web\. /),
        }),
      ]);
    }, 30);
  });
});

describe('what a refusal says', () => {
  it('has nothing of a Secret that was to be changed', async () => {
    const [small, large] = ['correct horse', 'battery staple '.repeat(6000)];
    const secretOf = (value: string) => {
      const [one, two] = [small, large].map((part) => Buffer.from(part + value).toString('base64'));
      return {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'keys', namespace: 'web' },
        data: { one, two },
      };
    };
    const file = await written(home, 'secret.json', JSON.stringify(secretOf('old')));
    await cluster.server.kubectl(['apply', '-f', file]);
    await written(home, 'secret.json', JSON.stringify(secretOf('new')));
    await cluster.server.kubectl([
      ...['create', 'role', 'secrets', '--verb=get', '--resource=secrets', '-n', 'web'],
    ]);
    await cluster.server.kubectl([
      ...['create', 'rolebinding', 'secrets', '-n', 'web', '--role=secrets', '--user=reader'],
    ]);
    const step = stepOf({ verb: 'apply', file }, { context: 'reader' });
    const pieces = [small, large].map((text) => Buffer.from(text).toString('base64').slice(0, 9));
    await eventually(async () => {
      const { code, sentence } = await refusalOf(step);
      expect({ code, sentence }).toEqual({
        code: 'access-denied',
        sentence: expect.stringContaining('cannot patch resource "secrets"'),
      });
      for (const piece of pieces) expect(sentence).not.toContain(piece);
    }, 30);
  });

  it('has nothing of the kubeconfig', async () => {
    const { admin } = cluster.server;
    const bad = { ...configMap('bad', {}), metadata: { name: 'bad', labels: { it: `${admin}!` } } };
    const file = await written(home, 'bad.json', JSON.stringify(bad));
    const { sentence } = await refusalOf(stepOf({ verb: 'apply', file }));
    expect(sentence).toContain('Invalid value');
    expect(sentence).not.toContain(admin);
  });
});

it('says of a cluster that is gone that it does not answer, and goes on once it is back', async () => {
  await cluster.server.kill();
  for (const deed of deeds()) expect(await refusalOf(stepOf(deed))).toMatchObject({ code: 'unreachable' });
  await cluster.server.restart();
  await kubernetes.carryOut(stepOf(scale), aRun(), work);
  expect(await cluster.read('deployment/shop', 'web', '.spec.replicas')).toBe('3');
});
