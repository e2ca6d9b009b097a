import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Activities } from '../../activities/types.ts';
import type { ResolvedRepository } from '../../policy/resolved.ts';
import { directoryOf, keyOf, markRepository, openStore, parseMarker } from '../../repository/index.ts';
import type { Store } from '../../repository/store.ts';
import { makeSigningKey } from '../../tools/lab/keys.ts';
import { putPastBackup } from '../../tools/lab/past.ts';
import {
  type FaultProxy,
  type MinistackServer,
  startFaultProxy,
  startMinistack,
} from '../../tools/servers/index.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { RestoreInput } from '../../workflows/contract-restore.ts';
import type { TestAttempt } from '../../workflows/contract-restore-test.ts';
import type { ThawRule, ThawState } from '../../workflows/contract-thaw.ts';
import { inDirectory } from '../support/keys.ts';
import { manifestFileBytes, manifestOf } from '../support/manifests.ts';
import { planOf } from '../support/plans.ts';
import { openSkipping, type Skipping } from '../support/skipping.ts';
import { failureOf } from '../support/stage.ts';
import { readAll } from '../support/store-access.ts';
import { repositoryAt } from './s3-fixture.ts';

const manifest = manifestOf({ copies: ['near', 'far'] });
const backup = { source: manifest.source, backupId: manifest.backupId };
const dataKey = keyOf(backup, manifest.files[0]?.name ?? '');
const rule = { days: 7, patience: 4 * 86_400 };

let server: MinistackServer;
let proxy: FaultProxy;
let skipping: Skipping;
let publicKey: string;
let privateKey: string;
/** What was asked of the archive, and read of the copies, in order. */
let told: string[] = [];
/** Looks that are to fail once each. */
let failing: string[] = [];

const untried: TestAttempt = {
  repository: '',
  verdict: 'untested',
  reason: null,
  signedBy: 'fra',
  startedAt: manifest.startedAt,
  endedAt: manifest.endedAt,
  restoreSeconds: 1,
  totalSeconds: 1,
  bytes: 0,
  tables: null,
  rows: null,
  checks: [],
  warnings: [],
  scratchGone: true,
  dataTime: manifest.dataTime,
  newestRow: null,
};

/** Everything is the real thing but the database: the bytes of the copy stand for what is restored. */
const observed = (real: Activities): Partial<Activities> => ({
  testCopy: ({ repository }) =>
    within(repository, async (store) => {
      const bytes = (await readAll(store, dataKey)).length;
      told.push(`test ${repository.name}`);
      return { ...untried, repository: repository.name, verdict: 'proven', bytes };
    }),
  thawCopy: async (input): Promise<ThawState> => {
    const verb = input.ask === null ? 'look' : 'ask';
    if (verb === 'ask' && failing.length > 0) throw new Error(failing.pop());
    const state = await real.thawCopy(input);
    told.push(`${verb} ${input.repository.name} ${state.asleep}/${state.files}`);
    return state;
  },
  restoreIntoScratch: ({ repository }) =>
    within(repository, async (store) => {
      const bytes = (await readAll(store, dataKey)).length;
      told.push(`restore ${repository.name}`);
      const nothing = { tables: null, rows: null, differences: [], warnings: [] };
      return { repository: repository.name, signedBy: 'fra', seconds: 1, bytes, ...nothing };
    }),
});

beforeAll(async () => {
  server = await startMinistack({
    buckets: ['near', 'far'].flatMap((name) =>
      Array.from({ length: 12 }, (_, index) => ({ name: `${name}${index}` })),
    ),
  });
  proxy = await startFaultProxy(server.endpoint);
  skipping = await openSkipping(['fra'], observed);
  await inDirectory(async (directory) => {
    const key = await makeSigningKey(directory, 'fra');
    publicKey = await readFile(key.publicFile, 'utf8');
    privateKey = await readFile(key.privateFile, 'utf8');
  });
});

afterEach(() => {
  told = [];
  failing = [];
  proxy?.clear();
});

afterAll(async () => {
  await skipping?.close();
  await proxy?.stop();
  await server?.stop();
});

async function within<T>(repository: ResolvedRepository, body: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(repository);
  try {
    return await body(store);
  } finally {
    store.close();
  }
}

let rounds = 0;

/** Two copies of the backup in buckets of their own; those named lie in an archive. */
async function copies(...archived: string[]): Promise<ResolvedRepository[]> {
  rounds += 1;
  const through = { endpoint: proxy.endpoint, region: server.region };
  const repositories = ['near', 'far'].map((name) =>
    repositoryAt(through, `${name}${rounds}`, server.root, { name, zone: 'fra' }),
  );
  for (const repository of repositories)
    await within(repository, async (store) => {
      await markRepository(store, { organization: manifest.organization });
      const files = new Map(manifest.files.map(({ name }) => [name, manifestFileBytes]));
      const signers = [{ name: 'fra', publicKey }];
      await inDirectory((directory) =>
        putPastBackup([store], manifest, files, { privateKey, signers, directory }),
      );
      if (archived.includes(repository.name)) await store.setStorageClass(dataKey, 'GLACIER');
    });
  return repositories;
}

const start = (candidates: ResolvedRepository[], change: Partial<RestoreInput> = {}) =>
  skipping.environment.client.workflow.start<Workflows['restore']>(workflowTypes.restore, {
    workflowId: `restore/${rounds}`,
    taskQueue: taskQueueOf('fra'),
    args: [
      {
        backup,
        zone: 'fra',
        candidates,
        signers: [{ name: 'fra', publicKey }],
        keys: [],
        keep: 0,
        thaw: rule,
        ...change,
      },
    ],
  });

describe('a restore from an archive class', () => {
  it('takes a copy that can be read now before a nearer one that has to be waited for', async () => {
    const run = await start(await copies('near'));
    expect(await run.result()).toMatchObject({ result: 'passed', repository: 'far', exceptions: [] });
    expect([...told].sort()).toEqual(['look far 0/3', 'look near 1/3', 'restore far']);
  });

  it('asks for a copy, waits for hours, and goes on; it does not expire meanwhile', async () => {
    const [near] = await copies('near', 'far');
    if (near === undefined) throw new Error('there are two copies');
    const run = await start([near]);
    expect(await run.result()).toMatchObject({ result: 'passed', repository: 'near', bytes: 4 });
    expect(told[0]).toBe('look near 1/3');
    expect(told[1]).toBe('ask near 1/3');
    expect(told.slice(-2)).toEqual(['ask near 0/3', 'restore near']);
    const { events } = await run.fetchHistory();
    const timers = (events ?? []).flatMap(({ timerStartedEventAttributes: timer }) =>
      timer?.startToFireTimeout?.seconds == null ? [] : [Number(timer.startToFireTimeout.seconds)],
    );
    expect(timers.slice(0, 3)).toEqual([300, 600, 1200].slice(0, timers.length));
    expect(Math.max(...timers)).toBeLessThanOrEqual(3600);
    expect(timers.length).toBeGreaterThan(0);
    const marks = await within(near, async (store) => {
      const listed = await store.list(directoryOf(backup));
      return listed
        .map(({ key }) => parseMarker(key.split('/').at(-1) ?? ''))
        .filter((marker) => marker?.kind === 'reading');
    });
    expect(marks).toEqual([{ kind: 'reading', id: expect.any(String), until: expect.any(String) }]);
  });

  it('asks again when a look fails, and tells when the archive brings nothing back in time', async () => {
    const [near, far] = await copies('near', 'far');
    if (near === undefined || far === undefined) throw new Error('there are two copies');
    failing = Array.from({ length: 3 }, () => 'the connection was lost');
    proxy.add({ method: 'POST', path: /near/, times: 9999, action: { do: 'answer', status: 200 } });
    const run = await start([near, far], { thaw: { days: 1, patience: 2 * 86_400 } });
    expect(await run.result()).toMatchObject({
      result: 'passed-with-exceptions',
      repository: 'far',
      exceptions: [
        expect.stringMatching(/copy in near.* not brought it back to near within 2d.*1 of its 3 files/),
      ],
    });
  });

  it('ends with the service’s own words when the archive may not be asked', async () => {
    const [near] = await copies('near');
    proxy.add({ method: 'POST', times: 99, action: { do: 'answer', status: 403 } });
    const failure = await failureOf((await start(near === undefined ? [] : [near])).result());
    expect(failure).toMatchObject({
      code: 'access-denied',
      sentence: expect.stringMatching(/asking the archive/),
    });
    expect(told.filter((line) => line.startsWith('restore'))).toEqual([]);
  });

  it('that began before this was known tries the copies in their order', async () => {
    const [near] = await copies('near');
    const { thaw: _thaw, ...before } = { thaw: rule, candidates: near === undefined ? [] : [near] };
    const run = await skipping.environment.client.workflow.start<Workflows['restore']>(
      workflowTypes.restore,
      {
        workflowId: `restore/before/${rounds}`,
        taskQueue: taskQueueOf('fra'),
        args: [{ backup, zone: 'fra', signers: [{ name: 'fra', publicKey }], keys: [], keep: 0, ...before }],
      },
    );
    expect(await failureOf(run.result())).toMatchObject({ sentence: expect.stringMatching(/archive class/) });
    expect(told).toEqual([]);
  });

  it('stops waiting when it is cancelled', async () => {
    const [near] = await copies('near');
    proxy.add({ method: 'POST', times: 9999, action: { do: 'answer', status: 200 } });
    const run = await start(near === undefined ? [] : [near], { thaw: { days: 1, patience: 400 * 86_400 } });
    await run.cancel();
    await expect(run.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(told.filter((line) => line.startsWith('restore'))).toEqual([]);
  });
});

describe('a restore test of copies in an archive class', () => {
  const test = async (repositories: ResolvedRepository[], thaw?: ThawRule) => {
    const plan = planOf('daily', { copies: repositories, signers: [{ name: 'fra', publicKey }] });
    const run = await skipping.environment.client.workflow.start<Workflows['restoreTest']>(
      workflowTypes.restoreTest,
      {
        workflowId: `restore-test/${rounds}`,
        taskQueue: taskQueueOf('fra'),
        args: [
          {
            plan: { ...plan, source: { ...plan.source, name: backup.source }, signingKeys: {} },
            test: {
              pick: { kind: 'latest' },
              zone: 'fra',
              from: repositories.map(({ name }) => name),
              smoke: [],
              jobs: 1,
              ...(thaw === undefined ? {} : { thaw }),
            },
          },
        ],
      },
    );
    return run.result();
  };

  it('leaves them out, and its report says so', async () => {
    expect(await test(await copies('near'))).toMatchObject({
      verdict: 'proven',
      attempts: [{ repository: 'far' }],
      picked: expect.arrayContaining([
        expect.stringMatching(/^1 copy in near lies in an archive class and was left out/),
      ]),
    });
    expect(told).toEqual(['test far']);
  });

  it('proves nothing where there is nothing else, and asks for none', async () => {
    const result = await test(await copies('near', 'far'));
    expect(result).toMatchObject({ result: 'aborted', verdict: 'untested', backup: null, attempts: [] });
    expect(result.exceptions.join(' ')).toMatch(
      /1 copy in near lies in an archive class.*1 copy in far lies/,
    );
    expect(told).toEqual([]);
  });

  it('asks for the one whose turn it is where the policy bears the cost, and waits for hours', async () => {
    const result = await test(await copies('near'), rule);
    expect(result).toMatchObject({ verdict: 'proven', attempts: [{ repository: 'near' }] });
    expect(told.slice(0, 2)).toEqual(['look near 1/3', 'ask near 1/3']);
    expect(told.slice(-2)).toEqual(['ask near 0/3', 'test near']);
  });

  it('goes on to the next copy when the archive brings nothing back in time', async () => {
    const repositories = await copies('near');
    proxy.add({ method: 'POST', path: /near/, times: 9999, action: { do: 'answer', status: 200 } });
    const result = await test(repositories, { days: 1, patience: 2 * 86_400 });
    expect(result).toMatchObject({
      verdict: 'proven',
      attempts: [
        { repository: 'near', verdict: 'untested', reason: { code: 'stalled' }, scratchGone: true },
        { repository: 'far', verdict: 'proven' },
      ],
    });
    expect(result.exceptions[0]).toMatch(/could not be tested, because: .* not brought it back .* within 2d/);
  });
});
