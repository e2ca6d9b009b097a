import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditTarget, ResolvedRepository } from '../../policy/resolved.ts';
import { parseMarker } from '../../repository/index.ts';
import { openArchive } from '../../tools/histories/archive.ts';
import { type FaultProxy, startFaultProxy } from '../../tools/servers/index.ts';
import { inspect } from '../support/audit.ts';
import {
  type Begun,
  beginAndKill,
  below,
  hangAt,
  type Killing,
  loseAnswerOf,
  openKilling,
} from '../support/killing.ts';
import { idOfDay, makePast, mark, pastIn } from '../support/past.ts';

let scene: Killing;
/** A bucket whose service knows lifecycle rules. */
let cold: { repository: ResolvedRepository; proxy: FaultProxy; close(): Promise<void> };

beforeAll(async () => {
  scene = await openKilling();
  // Before the worker starts: it takes the bucket's credentials from our environment.
  cold = await openCold();
});
afterAll(async () => {
  await cold?.close();
  await scene?.close();
});

async function openCold(): Promise<typeof cold> {
  const copies = [await withBackup('cold')];
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
const backup = { source: 'shop', backupId };

async function withBackup(name: string): Promise<ResolvedRepository> {
  const repository = await scene.repository(name);
  await makePast(scene.stage.lab, [repository], [backupId], { plan: 'daily' });
  return repository;
}

/** Everything that the log has, each event once and vouched for. */
async function expectAudited({ repository }: AuditTarget, events: number): Promise<void> {
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
async function writtenLog(name: string): Promise<AuditTarget> {
  const [repository, audit] = await Promise.all([withBackup(`${name}-held`), scene.log(name)]);
  for (const mode of ['hold', 'release'] as const)
    await scene.stage.execute('hold', { ...holding(repository, audit), mode });
  return audit;
}

const cases: Record<string, () => Promise<Begun>> = {
  'a verification, while it reads': async () => {
    const [repository, audit] = await Promise.all([withBackup('verify'), scene.log('verify-log')]);
    const { signers } = scene.policy;
    const hung = hangAt(scene.proxy, { method: 'GET', path: below('verify', 'data-') });
    const input = { backup, signers, keys: [scene.plan.key], repositories: [repository], deep: false, audit };
    const run = await scene.stage.start('verify', input);
    return {
      hung,
      finished: async () => {
        expect(await run.result()).toMatchObject({ result: 'passed', copies: [{ outcome: 'passed' }] });
        await expectAudited(audit, 1);
      },
    };
  },
  'a listing of backups, while it lists': async () => {
    const repository = await withBackup('catalogue');
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
  'a legal hold, its marker put and not known to be': async () => {
    const [repository, audit] = await Promise.all([withBackup('hold'), scene.log('hold-log')]);
    const hung = loseAnswerOf(scene.proxy, { method: 'PUT', path: below('hold', 'hold\\.') });
    const run = await scene.stage.start('hold', holding(repository, audit));
    return {
      hung,
      finished: async () => {
        const { result, id } = await run.result();
        expect(result).toBe('passed');
        expect(await markersIn(repository)).toEqual([{ kind: 'hold', id }]);
        await expectAudited(audit, 1);
      },
    };
  },
  'a release, its marker put and not known to be': async () => {
    const [repository, audit] = await Promise.all([withBackup('release'), scene.log('release-log')]);
    for (const id of ['0a1b2c3d', '1a1b2c3d']) await mark([repository], backupId, { kind: 'hold', id });
    const hung = loseAnswerOf(scene.proxy, { method: 'PUT', path: below('release', 'unhold\\.') });
    const run = await scene.stage.start('hold', { ...holding(repository, audit), mode: 'release' });
    return {
      hung,
      finished: async () => {
        expect(await run.result()).toMatchObject({ result: 'passed' });
        const released = (await markersIn(repository)).filter(({ kind }) => kind === 'unhold');
        expect(released).toEqual(['0a1b2c3d', '1a1b2c3d'].map((id) => ({ kind: 'unhold', id })));
        await expectAudited(audit, 1);
      },
    };
  },
  'the audit of a hold, between an entry and its signed head': async () => {
    const [repository, audit] = await Promise.all([withBackup('head'), scene.log('head-log')]);
    const hung = hangAt(scene.proxy, { method: 'PUT', path: below('head-log', 'heads/') });
    const run = await scene.stage.start('hold', holding(repository, audit));
    return {
      hung,
      finished: async () => {
        expect(await run.result()).toMatchObject({ result: 'passed' });
        await expectAudited(audit, 1);
      },
    };
  },
  'a listing of the audit log, while it reads': async () => {
    const target = await writtenLog('list');
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
  'a verification of the audit log, while it reads heads': async () => {
    const target = await writtenLog('chain');
    const hung = hangAt(scene.proxy, { method: 'GET', path: below('chain', 'heads/.*000000/0') });
    const run = await scene.stage.start('verifyAudit', { target, signers: scene.policy.signers });
    return {
      hung,
      finished: async () =>
        expect(await run.result()).toMatchObject({ result: 'passed', chains: [{ entries: 2, heads: 2 }] }),
    };
  },
  "a bucket's lifecycle rules, written and not known to be": async () => {
    const audit = await scene.log('lifecycle-log');
    const hung = loseAnswerOf(cold.proxy, { method: 'PUT', query: { lifecycle: /^/ } });
    const run = await scene.stage.start('lifecycle', {
      repository: cold.repository,
      kept: [{ source: 'shop', longest: null, deadline: 7200 }],
      expire: false,
      write: true,
      audit,
    });
    return {
      hung,
      finished: async () => {
        cold.proxy.clear();
        const { written, rules, present, findings } = await run.result();
        expect({ written, findings }).toEqual({ written: true, findings: [] });
        expect(present).toHaveLength(rules.length);
        await expectAudited(audit, 1);
      },
    };
  },
};

describe('a worker that is killed', () => {
  let begun: Map<string, Begun>;

  beforeAll(async () => {
    begun = await beginAndKill(scene, cases);
  });

  it.each(Object.keys(cases))('with %s, in its hands: is followed by one that ends it', async (what) => {
    await begun.get(what)?.finished();
    expect(begun.has(what)).toBe(true);
  });
});
