import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readEarlierRuns } from '../../../activities/failover-runs.ts';
import { evidencePath, putEvidence, signEvidence } from '../../../repository/evidence.ts';
import { markRepository, openStore } from '../../../repository/index.ts';
import { makeSshKey } from '../../support/keys.ts';
import { directoryAt } from '../../support/repositories.ts';
import { workAt } from '../../support/work.ts';

type Key = Awaited<ReturnType<typeof makeSshKey>>;
let [worker, stranger]: Key[] = [];
let home: string;

beforeAll(async () => {
  [worker, stranger] = await Promise.all([makeSshKey(), makeSshKey()]);
});
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hf-test-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const at = (hour: number) => `2026-11-21T${String(hour).padStart(2, '0')}:00:00.000Z`;
const done = (id: string, seconds: number, state = 'passed', sentences: string[] = []) => ({
  ...{ id, state, sentences, startedAt: at(8) },
  endedAt: new Date(Date.parse(at(8)) + seconds * 1000).toISOString(),
});
const never = { id: 'later', state: 'not-reached', sentences: [], startedAt: null, endedAt: null };

type Changes = {
  in?: string;
  hour?: number;
  kind?: 'drill' | 'failover';
  subject?: string;
  key?: Key | undefined;
  document?: Record<string, unknown>;
};

const repository = (name: string) => directoryAt(join(home, name), { name });

/** Keeps the report of a drill that passed, with changes. */
async function keep({
  in: name = 'near',
  hour = 9,
  kind = 'drill',
  subject = 'shop',
  ...more
}: Changes = {}) {
  const document = {
    workflowId: `drill/${subject}`,
    mode: 'drill',
    version: 'a'.repeat(64),
    result: 'passed',
    rto: { measured: 60 },
    steps: [done('fence', 10)],
    ...more.document,
  };
  const facts = { kind, subject, at: at(hour), document };
  const signed = await signEvidence(facts, '# It\n', (more.key ?? worker)?.privateKey ?? '', {
    directory: home,
  });
  await mkdir(join(home, name), { recursive: true });
  const store = await openStore(repository(name));
  await markRepository(store, { organization: 'Example BV' });
  await putEvidence(store, signed).finally(() => store.close());
  return { path: join(home, name, '_evidence', evidencePath(facts)), signed };
}

const read = (names = ['near'], modes: ('real' | 'drill' | 'tabletop')[] = ['real', 'drill', 'tabletop']) =>
  readEarlierRuns(workAt(home), {
    repositories: names.map(repository),
    signers: [{ name: 'fra', publicKey: worker?.publicKey ?? '' }],
    runbook: 'shop',
    modes,
  });
const hours = async (...asked: Parameters<typeof read>) =>
  (await read(...asked)).map((run) => Number(run.at.slice(11, 13)));

describe('earlier runs', () => {
  it('are told newest first, each once, wherever their reports lie', async () => {
    await keep({ hour: 9 });
    await keep({ hour: 11, kind: 'failover', document: { mode: 'real' } });
    await keep({ in: 'far', hour: 10 });
    await keep({ in: 'far', hour: 11, kind: 'failover', document: { mode: 'real' } });
    expect(await hours(['near', 'far'])).toEqual([11, 10, 9]);
    expect(await hours(['near', 'far'], ['real'])).toEqual([11]);
    expect(await hours(['near', 'far'], ['tabletop'])).toEqual([]);
  });

  it('have the seconds of steps that were done, and say which were only simulated', async () => {
    const steps = [
      done('fence', 10),
      done('deploy', 1, 'passed-with-exceptions', ['Simulated: nothing is run.']),
      done('cdn', 5, 'skipped'),
      never,
    ];
    await keep({ document: { steps, result: 'passed-with-exceptions' } });
    expect(await read()).toEqual([
      {
        workflowId: 'drill/shop',
        mode: 'drill',
        version: 'a'.repeat(64),
        at: at(9),
        result: 'passed-with-exceptions',
        rto: 60,
        steps: { fence: 10, deploy: 1 },
        simulated: ['deploy'],
      },
    ]);
  });

  it('are none of another runbook, however its name ends', async () => {
    await keep({ subject: 'eu-shop' });
    await keep({ subject: 'shop-eu', hour: 10 });
    expect(await hours()).toEqual([]);
  });

  it.each<[what: string, spoil: () => Promise<unknown>]>([
    ['is signed by nobody who counts', () => keep({ key: stranger })],
    [
      'was changed after it was signed',
      async () => {
        const { path, signed } = await keep();
        await writeFile(`${path}.json`, signed.json.replace('"passed"', '"failed"'));
      },
    ],
    ['says another mode than its place', () => keep({ kind: 'failover' })],
    ['has another form', () => keep({ document: { steps: 'all' } })],
    [
      'was moved, to look newer than it is',
      async () => {
        const { signed } = await keep({ in: 'elsewhere' });
        await keep({ hour: 7 });
        const path = evidencePath({ kind: 'drill', subject: 'shop', at: at(12) });
        const store = await openStore(repository('near'));
        await putEvidence(store, { ...signed, path }).finally(() => store.close());
        await rm(
          join(
            home,
            'near',
            '_evidence',
            `${evidencePath({ kind: 'drill', subject: 'shop', at: at(7) })}.json`,
          ),
        );
      },
    ],
  ])('do not count where a report %s', async (_what, spoil) => {
    await spoil();
    expect(await hours()).toEqual([]);
    await keep({ hour: 13 });
    expect(await hours()).toEqual([13]);
  });

  it('are told of what can be read; where nothing can, nobody says that there was none', async () => {
    await keep();
    expect(await hours(['gone', 'near'])).toEqual([9]);
    await expect(read(['gone'])).rejects.toMatchObject({ name: 'HoldfastError' });
  });
});
