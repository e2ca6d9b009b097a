import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kubernetes } from '../../../activities/steps/kubectl.ts';
import { clusterOf } from '../../../activities/steps/kubectl-dry.ts';
import { argsOfDeed } from '../../../activities/steps/kubectl-run.ts';
import type { StepOf } from '../../../policy/resolved-failover.ts';
import { freePort } from '../../../tools/servers/index.ts';
import { useKubectl } from '../../support/cluster.ts';
import { aRun, aStep } from '../../support/steps.ts';
import { workAt } from '../../support/work.ts';

let home: string;

beforeAll(async () => {
  useKubectl();
  home = await mkdtemp(join(tmpdir(), 'holdfast-kubectl-step-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const scale = { verb: 'scale', resource: 'deployment/shop', namespace: 'web', replicas: 3 } as const;

const step = (more: Partial<StepOf<'kubectl'>> = {}): StepOf<'kubectl'> => ({
  ...aStep('deploy', { timeout: 90 }),
  do: 'kubectl',
  deed: scale,
  context: 'dr',
  ...more,
});

describe('what kubectl is asked for', () => {
  const how = { rehearse: false, timeout: 90 };
  const dry = { rehearse: true, timeout: 90 };

  it('is the deed, and at a rehearsal the same judged by the server alone', () => {
    expect(argsOfDeed({ verb: 'apply', kustomize: '/etc/dr' }, how)).toEqual(['apply', '-k', '/etc/dr']);
    expect(argsOfDeed({ verb: 'apply', file: '/etc/dr.yaml' }, dry)).toEqual([
      ...['apply', '-f', '/etc/dr.yaml', '--dry-run=server'],
    ]);
    expect(argsOfDeed(scale, how)).toEqual(['scale', 'deployment/shop', '-n', 'web', '--replicas=3']);
    expect(argsOfDeed(scale, dry)).toContain('--dry-run=server');
    const rollout = { verb: 'rollout', resource: 'deployment/shop', namespace: 'web' } as const;
    expect(argsOfDeed(rollout, how)).toEqual([
      ...['rollout', 'status', 'deployment/shop', '-n', 'web', '--watch', '--timeout=90s'],
    ]);
    expect(argsOfDeed(rollout, dry)).toEqual(['get', 'deployment/shop', '-n', 'web', '-o', 'name']);
  });

  it('is asked of the cluster for drills in a drill', () => {
    const rehearsed = step({ drill: { context: 'rehearsal' } });
    expect(clusterOf(rehearsed, aRun())).toEqual({ context: 'dr' });
    expect(clusterOf(rehearsed, aRun({ mode: 'drill' }))).toEqual({ context: 'rehearsal' });
    expect(clusterOf(step(), aRun({ mode: 'drill' }))).toEqual({ context: 'dr' });
  });
});

describe('a kubectl step', () => {
  const kubeconfig = async (): Promise<string> => {
    const file = join(home, 'kubeconfig');
    const cluster = `{ name: dr, cluster: { server: "https://127.0.0.1:${await freePort()}" } }`;
    const user = '{ name: dr, user: { token: a-token-of-somebody } }';
    const context = '{ name: dr, context: { cluster: dr, user: dr } }';
    const text = `apiVersion: v1\nkind: Config\nclusters: [${cluster}]\nusers: [${user}]\ncontexts: [${context}]\n`;
    await writeFile(file, text);
    return file;
  };

  it('says that the cluster does not answer, at a look and when it is done', async () => {
    const of = step({ kubeconfig: { file: await kubeconfig() } });
    const { findings } = await kubernetes.look(of, aRun(), workAt(home));
    expect(findings).toEqual([
      expect.objectContaining({ outcome: 'fault', sentence: expect.stringContaining('(context dr).') }),
    ]);
    await expect(kubernetes.carryOut(of, aRun(), workAt(home))).rejects.toMatchObject({
      code: 'unreachable',
    });
    await expect(kubernetes.carryOut(of, aRun({ mode: 'drill' }), workAt(home))).rejects.toMatchObject({
      code: 'unreachable',
    });
    expect((await readdir(home)).filter((name) => name.startsWith('kubeconfig-'))).toEqual([]);
  });

  it('says that the kubeconfig has no such context', async () => {
    const of = step({ kubeconfig: { file: await kubeconfig() }, context: 'nowhere' });
    await expect(kubernetes.carryOut(of, aRun(), workAt(home))).rejects.toMatchObject({ code: 'bad-policy' });
  });

  it('says that kubectl is missing', async () => {
    const path = process.env.PATH;
    process.env.PATH = home;
    const done = kubernetes.carryOut(
      step({ kubeconfig: { file: await kubeconfig() } }),
      aRun(),
      workAt(home),
    );
    await expect(done).rejects.toMatchObject({ code: 'tool-missing' });
    process.env.PATH = path;
  });

  it('does not take back what it can not know', async () => {
    const undo = (of: StepOf<'kubectl'>, run = aRun()) => kubernetes.undo(of, run, workAt(home));
    expect(await undo(step())).toMatchObject({ outcome: 'not-undoable' });
    expect(await undo(step({ deed: { verb: 'apply', file: '/x' } }))).toMatchObject({
      outcome: 'not-undoable',
    });
    expect(await undo(step(), aRun({ mode: 'drill' }))).toMatchObject({ outcome: 'nothing-to-undo' });
  });
});
