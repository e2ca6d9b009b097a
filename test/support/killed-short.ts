import { expect } from '@jest/globals';
import type { AuditTarget, ResolvedRepository } from '../../policy/resolved.ts';
import { listEvidence, parseMarker, readEvidence } from '../../repository/index.ts';
import { openArchive } from '../../tools/histories/archive.ts';
import { recordedAuditReports } from '../../tools/histories/audit-report.ts';
import { recordedEvidence } from '../../tools/histories/evidence.ts';
import { type FaultProxy, startFaultProxy } from '../../tools/servers/index.ts';
import { inspect } from './audit.ts';
import { type Begun, below, hangAt, type Killing, loseAnswerOf } from './killing.ts';
import { idOfDay, makePast, mark, pastIn, withStores } from './past.ts';

/** A bucket whose service knows lifecycle rules. */
export type Cold = { repository: ResolvedRepository; proxy: FaultProxy; close(): Promise<void> };

export type ShortScene = Killing & { cold: Cold };

/** Before the worker starts: it takes the bucket's credentials from our environment. */
export async function openCold(scene: Killing): Promise<Cold> {
  const copies = [await withBackup(scene, 'cold')];
  const { repository, close } = await openArchive({ ...scene.plan, copies }, backup);
  if (repository.kind !== 's3') throw new Error('an archive is a bucket');
  const proxy = await startFaultProxy(repository.endpoint ?? '');
  return {
    repository: { ...repository, endpoint: proxy.endpoint },
    proxy,
    close: async () => {
      await proxy.stop();
      await close();
    },
  };
}

const backupId = idOfDay(1);
export const backupOfYesterday = { source: 'shop', backupId };
const backup = backupOfYesterday;

/** A repository below a prefix of its own, with one backup. */
export async function withBackup(scene: Killing, name: string): Promise<ResolvedRepository> {
  const repository = await scene.repository(name);
  await makePast(scene.stage.lab, [repository], [backupId], { plan: 'daily' });
  return repository;
}

/** Everything that the log has, each event once and vouched for. */
export async function expectAudited(
  scene: Killing,
  { repository }: AuditTarget,
  events: number,
): Promise<void> {
  const [signer] = scene.policy.signers;
  const { broken, unvouched, ids } = await inspect(repository, signer?.publicKey ?? '');
  expect({ broken, unvouched }).toEqual({ broken: null, unvouched: [] });
  expect(ids).toHaveLength(events);
  expect(new Set(ids).size).toBe(events);
}

const markersIn = async (repository: ResolvedRepository) =>
  ((await pastIn(repository)).get(backupId) ?? []).flatMap((name) => parseMarker(name) ?? []);

const holding = (repository: ResolvedRepository, audit: AuditTarget) => ({
  backup,
  zone: 'fra',
  repositories: [repository],
  audit,
  mode: 'hold' as const,
  by: 'dba-1',
  reason: 'an enquiry',
});

/** A log with two entries. */
async function writtenLog(scene: Killing, name: string): Promise<AuditTarget> {
  const [repository, audit] = await Promise.all([withBackup(scene, `${name}-held`), scene.log(name)]);
  for (const mode of ['hold', 'release'] as const)
    await scene.stage.execute('hold', { ...holding(repository, audit), mode });
  return audit;
}

/** The report of a day, of what one repository holds, kept in it. */
async function reporting(scene: Killing, name: string) {
  const repository = await withBackup(scene, name);
  const [report] = recordedAuditReports(scene.policy, await writtenLog(scene, `${name}-log`));
  if (report === undefined) throw new Error('there is no report to make');
  const plans = report.input.plans.map((plan) => ({ ...plan, copies: [{ name }] }));
  return { repository, input: { ...report.input, plans, repositories: [repository] } };
}

/** What is kept of reports: each once, whole and signed. */
async function expectKept(scene: Killing, repository: ResolvedRepository, paths: string[]): Promise<void> {
  await withStores([repository], async (store) => {
    expect(await listEvidence(store)).toEqual(paths);
    for (const path of paths) await readEvidence(store, path, scene.policy.signers);
  });
}

/** Reading, holding, recording and reporting: whatever is short, and is ended by the next worker. */
export const shortCases: Record<string, (scene: ShortScene) => Promise<Begun>> = {
  'the report of a quarter, while it looks for reports': async (scene) => {
    const { repository, input } = await reporting(scene, 'looking');
    const where = { method: 'GET', query: { 'list-type': /2/, prefix: /^looking\/_evidence/ } };
    const hung = hangAt(scene.proxy, where);
    const run = await scene.stage.start('auditReport', input);
    return {
      hung,
      finished: async () => {
        const { result, evidence, exceptions } = await run.result();
        expect({ result, exceptions }).toEqual({ result: 'passed', exceptions: [] });
        await expectKept(scene, repository, [evidence?.path ?? '']);
      },
    };
  },
  'the report of a quarter, put and not known to be': async (scene) => {
    const { repository, input } = await reporting(scene, 'kept');
    const where = { method: 'PUT', path: below('kept', '_evidence/audit-report/.*\\.json$') };
    const hung = loseAnswerOf(scene.proxy, where);
    const run = await scene.stage.start('auditReport', input);
    return {
      hung,
      finished: async () => {
        const { result, evidence, stored, exceptions } = await run.result();
        expect({ result, exceptions }).toEqual({ result: 'passed', exceptions: [] });
        expect(stored).toEqual(['kept']);
        await expectKept(scene, repository, [evidence?.path ?? '']);
      },
    };
  },
  'a document that somebody keeps, put and not known to be': async (scene) => {
    const [repository, audit] = await Promise.all([scene.repository('document'), scene.log('document-log')]);
    const where = { method: 'PUT', path: below('document', '_evidence/continuity-plan/.*\\.json$') };
    const hung = loseAnswerOf(scene.proxy, where);
    const { keep } = recordedEvidence(scene.policy, audit);
    const run = await scene.stage.start('keepReport', { ...keep, repositories: [repository] });
    return {
      hung,
      finished: async () => {
        const { result, evidence, stored, exceptions } = await run.result();
        expect({ result, stored, exceptions }).toEqual({
          result: 'passed',
          stored: ['document'],
          exceptions: [],
        });
        await expectKept(scene, repository, [evidence?.path ?? '']);
        await expectAudited(scene, audit, 1);
      },
    };
  },
  'a verification, while it reads': async (scene) => {
    const [repository, audit] = await Promise.all([withBackup(scene, 'verify'), scene.log('verify-log')]);
    const { signers } = scene.policy;
    const hung = hangAt(scene.proxy, { method: 'GET', path: below('verify', 'data-') });
    const input = { backup, signers, keys: [scene.plan.key], repositories: [repository], deep: false, audit };
    const run = await scene.stage.start('verify', input);
    return {
      hung,
      finished: async () => {
        expect(await run.result()).toMatchObject({ result: 'passed', copies: [{ outcome: 'passed' }] });
        await expectAudited(scene, audit, 1);
      },
    };
  },
  'a listing of backups, while it lists': async (scene) => {
    const repository = await withBackup(scene, 'catalogue');
    const hung = hangAt(scene.proxy, {
      method: 'GET',
      query: { 'list-type': /2/, prefix: /^catalogue\/shop/ },
    });
    const run = await scene.stage.start('catalogue', {
      repositories: [repository],
      signers: scene.policy.signers,
      filter: { source: 'shop' },
      limit: 10,
    });
    return {
      hung,
      finished: async () =>
        expect(await run.result()).toMatchObject({ entries: [{ backupId }], unreadable: [] }),
    };
  },
  'a legal hold, its marker put and not known to be': async (scene) => {
    const [repository, audit] = await Promise.all([withBackup(scene, 'hold'), scene.log('hold-log')]);
    const hung = loseAnswerOf(scene.proxy, { method: 'PUT', path: below('hold', 'hold\\.') });
    const run = await scene.stage.start('hold', holding(repository, audit));
    return {
      hung,
      finished: async () => {
        const { result, id } = await run.result();
        expect(result).toBe('passed');
        expect(await markersIn(repository)).toEqual([{ kind: 'hold', id }]);
        await expectAudited(scene, audit, 1);
      },
    };
  },
  'a release, its marker put and not known to be': async (scene) => {
    const [repository, audit] = await Promise.all([withBackup(scene, 'release'), scene.log('release-log')]);
    for (const id of ['0a1b2c3d', '1a1b2c3d']) await mark([repository], backupId, { kind: 'hold', id });
    const hung = loseAnswerOf(scene.proxy, { method: 'PUT', path: below('release', 'unhold\\.') });
    const run = await scene.stage.start('hold', { ...holding(repository, audit), mode: 'release' });
    return {
      hung,
      finished: async () => {
        expect(await run.result()).toMatchObject({ result: 'passed' });
        const released = (await markersIn(repository)).filter(({ kind }) => kind === 'unhold');
        expect(released).toEqual(['0a1b2c3d', '1a1b2c3d'].map((id) => ({ kind: 'unhold', id })));
        await expectAudited(scene, audit, 1);
      },
    };
  },
  'the audit of a hold, between an entry and its signed head': async (scene) => {
    const [repository, audit] = await Promise.all([withBackup(scene, 'head'), scene.log('head-log')]);
    const hung = hangAt(scene.proxy, { method: 'PUT', path: below('head-log', 'heads/') });
    const run = await scene.stage.start('hold', holding(repository, audit));
    return {
      hung,
      finished: async () => {
        expect(await run.result()).toMatchObject({ result: 'passed' });
        await expectAudited(scene, audit, 1);
      },
    };
  },
  'a listing of the audit log, while it reads': async (scene) => {
    const target = await writtenLog(scene, 'list');
    const hung = hangAt(scene.proxy, { method: 'GET', path: below('list', '000000/0') });
    const run = await scene.stage.start('audit', { target, filter: {}, limit: 10 });
    return {
      hung,
      finished: async () =>
        expect(await run.result()).toMatchObject({
          entries: [{ action: 'backup.released' }, { action: 'backup.held' }],
          unreadable: [],
        }),
    };
  },
  'a verification of the audit log, while it reads heads': async (scene) => {
    const target = await writtenLog(scene, 'chain');
    const hung = hangAt(scene.proxy, { method: 'GET', path: below('chain', 'heads/.*000000/0') });
    const run = await scene.stage.start('verifyAudit', { target, signers: scene.policy.signers });
    return {
      hung,
      finished: async () =>
        expect(await run.result()).toMatchObject({ result: 'passed', chains: [{ entries: 2, heads: 2 }] }),
    };
  },
  "a bucket's lifecycle rules, written and not known to be": async (scene) => {
    const audit = await scene.log('lifecycle-log');
    const hung = loseAnswerOf(scene.cold.proxy, { method: 'PUT', query: { lifecycle: /^/ } });
    const run = await scene.stage.start('lifecycle', {
      repository: scene.cold.repository,
      kept: [{ source: 'shop', longest: null, deadline: 7200 }],
      expire: false,
      write: true,
      audit,
    });
    return {
      hung,
      finished: async () => {
        const { written, rules, present, findings } = await run.result();
        expect({ written, findings }).toEqual({ written: true, findings: [] });
        expect(present).toHaveLength(rules.length);
        await expectAudited(scene, audit, 1);
      },
    };
  },
};
