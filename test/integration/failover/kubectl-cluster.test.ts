import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kubernetes } from '../../../activities/steps/kubectl.ts';
import { commandsByHand } from '../../../cli/by-hand.ts';
import type { KubernetesDeed, StepOf } from '../../../policy/resolved-failover.ts';
import { run } from '../../../process/index.ts';
import { eventually } from '../../../tools/servers/index.ts';
import { judgedTogether, type Look } from '../../../workflows/failover/check-findings.ts';
import {
  configMap,
  deployment,
  filesWith,
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

const drill = aRun({ mode: 'drill' });

beforeAll(async () => {
  cluster = await openCluster();
  ({ work, home } = cluster);
  const { server } = cluster;
  const users = [
    { context: 'dr', token: server.admin, namespace: 'web' },
    { context: 'rehearsal', token: server.admin, namespace: 'rehearsal' },
  ];
  config = await written(home, 'kubeconfig', server.kubeconfig(...users));
  await cluster.create(namespaces('web', 'rehearsal'));
});

afterAll(() => cluster?.close());

const stepOf = (deed: KubernetesDeed, more: Partial<StepOf<'kubectl'>> = {}): StepOf<'kubectl'> =>
  kubectlStep(config, deed, { context: 'dr', ...more });

const scaleOf = (name: string, replicas: number) =>
  ({ verb: 'scale', resource: `deployment/${name}`, namespace: 'web', replicas }) as const;
const rolloutOf = (name: string) =>
  ({ verb: 'rollout', resource: `deployment/${name}`, namespace: 'web' }) as const;
const replicasOf = (name: string) => cluster.read(`deployment/${name}`, 'web', '.spec.replicas');
const make = (name: string, replicas = 1) =>
  cluster.create(JSON.stringify(deployment(name, { replicas, namespace: 'web' })));

describe('kubectl on a cluster', () => {
  it('applies a file and a kustomization, and what is there already changes nothing', async () => {
    const file = await written(
      home,
      'all.json',
      listOf(configMap('settings', { a: '1' }), deployment('front')),
    );
    await written(home, 'dr/settings.json', JSON.stringify(configMap('settings', { a: '2' })));
    await written(home, 'dr/kustomization.yaml', 'namePrefix: dr-\nresources: [settings.json]\n');
    const [plain, kustomized] = [
      stepOf({ verb: 'apply', file }),
      stepOf({ verb: 'apply', kustomize: join(home, 'dr') }),
    ];
    expect(await kubernetes.look(plain, aRun(), work)).toMatchObject({
      findings: [{ outcome: 'ok', sentence: 'The cluster of context dr would do it.' }],
    });
    const { output } = await kubernetes.carryOut(plain, aRun(), work);
    expect(output).toBe('configmap/settings created\ndeployment.apps/front created');
    await kubernetes.carryOut(kustomized, aRun(), work);
    expect(await cluster.read('configmap/dr-settings', 'web', '.data.a')).toBe('2');
    const before = await cluster.versionOf('configmap/settings', 'web');
    expect((await kubernetes.carryOut(plain, aRun(), work)).output).toContain('settings unchanged');
    expect(await cluster.versionOf('configmap/settings', 'web')).toBe(before);
    expect(await kubernetes.undo(plain, aRun(), work)).toMatchObject({ outcome: 'not-undoable' });
  });

  it('scales, remembers how far it was before, and scales back', async () => {
    await make('shop');
    const step = stepOf(scaleOf('shop', 3));
    const { facts } = await kubernetes.look(step, aRun(), work);
    expect(facts).toEqual([{ name: 'replicas now', value: '1', number: 1, unit: 'count' }]);
    expect(await replicasOf('shop')).toBe('1');
    const { results } = await kubernetes.carryOut(step, aRun({ results: { deploy: facts } }), work);
    expect(results).toEqual([{ name: 'replicas before', value: '1', number: 1, unit: 'count' }]);
    const after = aRun({ results: { deploy: [...facts, ...results] } });
    expect((await kubernetes.check(step, after, work)).sentence).toBe('deployment/shop is scaled to 3.');
    expect(await kubernetes.undo(step, after, work)).toEqual({
      outcome: 'undone',
      sentence: 'deployment/shop is scaled to 1 again.',
    });
    expect(await replicasOf('shop')).toBe('1');
    expect(await kubernetes.undo(step, after, work)).toMatchObject({ outcome: 'undone' });
  });

  it('does not take it for done, nor takes it back, where something else scales it', async () => {
    await make('scaled', 2);
    const step = stepOf(scaleOf('scaled', 3));
    const { results } = await kubernetes.carryOut(step, aRun(), work);
    await cluster.server.kubectl(['scale', 'deployment/scaled', '-n', 'web', '--replicas=7']);
    const after = aRun({ results: { deploy: results } });
    await expect(kubernetes.check(step, after, work)).rejects.toMatchObject({ code: 'mismatch' });
    expect(await kubernetes.undo(step, after, work)).toEqual({
      outcome: 'not-undoable',
      sentence: 'deployment/scaled was scaled to 7 by somebody else, and stays so.',
    });
    expect(await replicasOf('scaled')).toBe('7');
  });

  it('waits for a rollout, with the credentials in a file of its own alone', async () => {
    await make('slow', 3);
    await cluster.report('slow', 'web', 1);
    const waiting = kubernetes.carryOut(stepOf(rolloutOf('slow')), aRun(), work);
    const running = await eventually(async () => {
      const { stdout } = await run({ command: 'pgrep', args: ['-f', 'rollout status deployment/slow'] });
      return stdout.trim().split('\n');
    }, 30);
    for (const pid of running) {
      const seen = await Promise.all(
        ['cmdline', 'environ'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
      );
      expect(seen.join()).not.toContain(cluster.server.admin);
    }
    expect(await filesWith(cluster.server.admin, work)).toEqual([
      expect.stringMatching(/\/kubeconfig-[0-9a-f-]+$/),
    ]);
    await cluster.report('slow', 'web', 3);
    const { sentence, output } = await waiting;
    expect(sentence).toBe('kubectl rollout is done.');
    expect(output).toContain('deployment "slow" successfully rolled out');
    expect(await filesWith(cluster.server.admin, work)).toEqual([]);
  });

  it('says what a rollout waited for that did not come, or that the cluster gave up', async () => {
    await make('stuck', 2);
    await cluster.report('stuck', 'web', 1);
    const step = stepOf(rolloutOf('stuck'), { timeout: 2 });
    await expect(kubernetes.carryOut(step, aRun(), work)).rejects.toMatchObject({
      code: 'stalled',
      message: expect.stringMatching(
        /1 of 2 updated replicas are available.*\n.*timed out .* \(context dr\)\.$/,
      ),
    });
    const gaveUp = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' };
    await cluster.report('stuck', 'web', 1, [gaveUp]);
    await expect(kubernetes.carryOut({ ...step, timeout: 60 }, aRun(), work)).rejects.toMatchObject({
      code: 'stalled',
      message: expect.stringContaining('exceeded its progress deadline'),
    });
  });

  it('does nothing in a drill without a cluster of its own', async () => {
    await make('kept');
    const before = await cluster.versionOf('deployment/kept', 'web');
    const changed = deployment('kept', { replicas: 9 });
    const file = await written(home, 'new.json', listOf(configMap('never', { a: '1' }), changed));
    for (const deed of [scaleOf('kept', 5), { verb: 'apply', file } as const, rolloutOf('kept')]) {
      const step = stepOf(deed);
      const { exceptions, output, results } = await kubernetes.carryOut(step, drill, work);
      expect(exceptions).toEqual([
        expect.stringMatching(/^Simulated: the cluster would do it, by a dry run/),
      ]);
      expect(output).toContain(deed.verb === 'rollout' ? 'deployment.apps/kept' : '(server dry run)');
      const applied = `deployments.apps "kept" in web (dr, ${config})`;
      expect(results).toEqual(deed.verb === 'apply' ? [{ name: 'would apply', value: applied }] : []);
      await kubernetes.check(step, drill, work);
      expect(await kubernetes.undo(step, drill, work)).toMatchObject({ outcome: 'nothing-to-undo' });
    }
    expect(await cluster.versionOf('deployment/kept', 'web')).toBe(before);
    await expect(cluster.versionOf('configmap/never', 'web')).rejects.toThrow(/NotFound/);
  });

  it('touches in a drill what the context of drills leads to, and nothing else', async () => {
    const file = await written(home, 'drilled.json', JSON.stringify(configMap('drilled', { by: 'drill' })));
    const step = stepOf({ verb: 'apply', file }, { drill: { context: 'rehearsal' } });
    expect(await kubernetes.carryOut(step, drill, work)).toMatchObject({ exceptions: [] });
    expect(await cluster.read('configmap/drilled', 'rehearsal', '.data.by')).toBe('drill');
    await expect(cluster.versionOf('configmap/drilled', 'web')).rejects.toThrow(/NotFound/);
  });

  it('keeps the end of what kubectl printed, however much it is', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `${'long-'.repeat(30)}${index}`);
    const file = await written(home, 'many.json', listOf(...names.map((name) => configMap(name, {}))));
    const { output } = await kubernetes.carryOut(stepOf({ verb: 'apply', file }), aRun(), work);
    expect(output).toHaveLength(4096);
    expect(output?.endsWith(`${names.at(-1)} created`)).toBe(true);
  });

  it('looks ahead at what an earlier apply makes, and at nothing else that is missing', async () => {
    const file = await written(
      home,
      'new.yaml',
      listOf(
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'new' } },
        configMap('settings', { password: 'not for a history' }, 'new'),
        deployment('app', { namespace: 'new' }),
      ),
    );
    await written(home, 'one/app.json', JSON.stringify(deployment('only')));
    await written(home, 'one/kustomization.yaml', 'namespace: new\nnamePrefix: dr-\nresources: [app.json]\n');
    const deedOn = (verb: 'scale' | 'rollout', name: string, namespace = 'new'): KubernetesDeed => ({
      ...(verb === 'scale' ? { verb, replicas: 2 } : { verb }),
      ...{ resource: `deployment/${name}`, namespace },
    });
    const named = (id: string, deed: KubernetesDeed, ...needs: string[]) => stepOf(deed, { id, needs });
    const steps = [
      named('make', { verb: 'apply', file }),
      named('more', { verb: 'apply', kustomize: join(home, 'one') }, 'make'),
      named('scale', deedOn('scale', 'app'), 'make'),
      named('wait', deedOn('rollout', 'app'), 'scale'),
      named('wait-more', deedOn('rollout', 'dr-only'), 'more'),
      named('other', deedOn('scale', 'gone'), 'make'),
      named('elsewhere', deedOn('scale', 'app', 'web'), 'make'),
      named('beside', deedOn('scale', 'app')),
    ];
    const judged = async () => {
      const looks: Look[] = [];
      for (const step of steps) {
        const { findings, makes = [] } = await kubernetes.look(step, aRun({ ahead: true }), work);
        looks.push({ step: step.id, mode: 'real', findings, makes });
      }
      expect(JSON.stringify(looks)).not.toContain('not for a history');
      return judgedTogether(looks, steps).map(({ step, outcome, sentence }) => [step, outcome, sentence]);
    };
    const made = (what: string, by = 'make') => [
      'not-checked',
      `namespaces "new" is not there yet: make makes it.${what === '' ? '' : ` ${what} in new is not there yet: ${by} makes it.`}`,
    ];
    const own = 'namespaces "new" is not there yet: the step itself makes it.';
    expect(await judged()).toEqual([
      ['make', 'not-checked', own],
      ['more', ...made('')],
      ['scale', ...made('deployments.apps "app"')],
      ['wait', ...made('deployments.apps "app"')],
      ['wait-more', ...made('deployments.apps "dr-only"', 'more')],
      ...['other', 'elsewhere', 'beside'].map((id) => [id, 'fault', expect.stringContaining('not found')]),
    ]);
    // In its turn nothing is yet to come but what it makes itself.
    const [make, , scale, , , other] = steps;
    if (make === undefined || scale === undefined || other === undefined) throw new Error('no steps');
    expect(await kubernetes.look(scale, aRun(), work)).toMatchObject({ findings: [{ outcome: 'fault' }] });
    expect(await kubernetes.look(make, aRun(), work)).toMatchObject({
      findings: [{ outcome: 'not-checked', sentence: own }],
    });
    // A drill makes nothing, and so can judge no more than that; what would be missing in earnest is missing.
    const { exceptions, results } = await kubernetes.carryOut(make, drill, work);
    expect(exceptions).toEqual([`Simulated: ${own}`]);
    const rehearsing = { ...drill, results: { make: results } };
    expect(await kubernetes.look(scale, rehearsing, work)).toMatchObject({
      findings: [{ outcome: 'not-checked' }],
    });
    expect((await kubernetes.carryOut(scale, rehearsing, work)).exceptions).toEqual([
      expect.stringMatching(
        /^Simulated: namespaces "new" is not there: an earlier step of the drill only said/,
      ),
    ]);
    await expect(kubernetes.carryOut(other, rehearsing, work)).rejects.toMatchObject({ code: 'not-found' });
    await kubernetes.carryOut(make, aRun(), work);
    const [first, ...others] = await judged();
    expect([first, ...others.slice(1, 3)].map((each) => each?.[1])).toEqual(['ok', 'ok', 'ok']);
  });

  it("takes the worker's own kubeconfig where the step names none", async () => {
    await make('own');
    const { kubeconfig: _, context: __, ...step } = stepOf(scaleOf('own', 2));
    process.env.KUBECONFIG = config;
    await kubernetes.carryOut(step, aRun(), work);
    delete process.env.KUBECONFIG;
    expect(await replicasOf('own')).toBe('2');
  });

  it('can be followed by hand, with the commands that a printed runbook has', async () => {
    await make('by-hand', 2);
    const file = await written(home, "it's by hand.json", JSON.stringify(configMap('by-hand', { a: '1' })));
    const deeds = [{ verb: 'apply', file } as const, scaleOf('by-hand', 4), rolloutOf('by-hand')];
    for (const deed of deeds) {
      if (deed.verb === 'rollout') await cluster.report('by-hand', 'web', 4);
      const cwd = await mkdtemp(join(home, 'shell-'));
      const lines = commandsByHand(stepOf(deed, { context: 'rehearsal' }), { signers: [], lost: [] });
      const { stdout } = await run(
        { command: 'bash', args: ['-e', '-c', lines.join('\n')], cwd },
        { timeout: 60 },
      );
      expect(stdout).toMatch(/configmap\/by-hand created|by-hand scaled|successfully rolled out/);
    }
    expect(await cluster.read('configmap/by-hand', 'rehearsal', '.data.a')).toBe('1');
    expect(await replicasOf('by-hand')).toBe('4');
  });
});
