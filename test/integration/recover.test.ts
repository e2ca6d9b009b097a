import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { withKeysInside } from '../../cli/recover/policy-file.ts';
import type { LoadedPolicy } from '../../policy/index.ts';
import { loadPolicy } from '../../policy/index.ts';
import { appliedName, markRepository, openStore, putApplied, signApplied } from '../../repository/index.ts';
import { fingerprintOfKey } from '../../repository/person-signature.ts';
import { makeEncryptionKey, makeSigningKey } from '../../tools/lab/keys.ts';
import { type Lab, openLab } from '../../tools/lab/lab.ts';
import { freePort, startSeaweedfs } from '../../tools/servers/index.ts';
import { type CliRun, holdfast } from '../support/cli.ts';
import { pathsBelow } from '../support/files.ts';
import { makePast, mark } from '../support/past.ts';
import { startProgram } from '../support/program.ts';
import { bucketNamed } from '../support/repositories.ts';

let lab: Lab;
let loaded: LoadedPolicy;
let count = 0;
/** A repository of its own for each test, with a backup of three days, of which the second was proven. */
let copy: string;
let signer: string;

const days = ['20261119', '20261120', '20261121'];
const idOf = (day: string) => `${day}T010000Z-1a2b3c4d`;
const applyAt = async (at: string, text = loaded.source, key = lab.signing.privateFile) => {
  const store = await openStore({ ...repository(), path: copy });
  const { policy, publicKeys } = loaded;
  const applied = { organization: policy.organization, at, hash: policy.hash, text, publicKeys };
  try {
    const { signature } = await signApplied(applied, await readFile(key, 'utf8'), lab);
    await markRepository(store, policy);
    await putApplied(store, applied, signature);
  } finally {
    store.close();
  }
  return appliedName(applied);
};

function repository() {
  const found = loaded.policy.repositories.offsite;
  if (found?.kind !== 'filesystem') throw new Error('the lab has a repository that is a directory');
  return found;
}

beforeAll(async () => {
  lab = await openLab();
  signer = fingerprintOfKey(await readFile(lab.signing.publicFile, 'utf8'));
  const commander = await makeSigningKey(lab.directory, 'commander');
  const ops = await makeSigningKey(lab.directory, 'ops');
  const opens = { ams: { file: lab.encryption.privateFile } };
  loaded = await lab.usePolicy({
    zones: {
      fra: { region: 'EU', site: 'de-fra1', signingKey: { file: lab.signing.privateFile } },
      ams: { region: 'EU', site: 'nl-ams1', signingKey: { file: lab.signing.privateFile } },
      home: { region: 'EU', site: 'nl-home' },
    },
    keys: { databases: { gpg: { recipients: [lab.encryption.publicFile], opens } } },
    people: {
      'commander-1': { roles: ['incident-commander'], sshKeys: [commander.publicFile] },
      'ops-1': { roles: ['ops'], sshKeys: [ops.publicFile] },
    },
    repositories: {
      near: { kind: 'filesystem', path: await lab.repositoryPath('near'), zone: 'fra' },
      offsite: { kind: 'filesystem', path: await lab.repositoryPath('offsite'), zone: 'ams' },
    },
    sources: {
      shop: { kind: 'postgres', zone: 'fra', host: 'db.internal', database: 'shop', user: 'backup' },
    },
    plans: {
      'shop-daily': { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies: ['near', 'offsite'] },
    },
    targets: {
      spare: { kind: 'postgres', zone: 'ams', host: 'spare', user: 'dba', database: 'shop' },
    },
    runbooks: {
      'site-loss': {
        lost: ['fra'],
        zone: 'ams',
        steps: [
          { id: 'declare', do: 'approve', role: 'ops', say: 'Is it lost?' },
          {
            id: 'restore',
            do: 'restore',
            role: 'ops',
            plan: 'shop-daily',
            target: 'spare',
            database: 'shop',
            needs: ['declare'],
          },
        ],
      },
    },
  });
});
afterAll(() => lab?.close());

beforeEach(async () => {
  count += 1;
  copy = join(lab.directory, `copy-${count}`);
  await mkdir(copy);
  await applyAt('2026-11-21T12:00:00.000Z');
  const place = { ...repository(), path: copy };
  await makePast(lab, [place], days.map(idOf), { plan: 'shop-daily' });
  await mark([place], idOf('20261120'), { kind: 'tested', at: '2026-11-20T12:00:00.000Z', result: 'passed' });
});

const recover = (...args: string[]): Promise<CliRun> => holdfast(['recover', '--from', copy, ...args]);
const listed = (...args: string[]) => recover('--trust', signer, '--list', ...args);

describe('what can be recovered from a repository alone', () => {
  it('is shown, with the newest backup, the one that was proven, and the key; and nothing is written', async () => {
    const before = await pathsBelow(copy);
    const { code, stdout } = await listed('--json');
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 0,
      repository: 'offsite',
      place: copy,
      policy: { hash: loaded.policy.hash, signedBy: signer, newer: 0 },
      zones: ['ams'],
      points: [
        {
          plan: 'shop-daily',
          newest: { backupId: idOf('20261121'), provenAt: null, signedBy: 'worker-fra' },
          proven: { backupId: idOf('20261120') },
          key: { name: 'databases', here: true },
          passedOver: [],
        },
      ],
      runbooks: [{ name: 'site-loss', lost: ['fra'], lacks: [] }],
    });
    const shown = await listed();
    expect(shown.stdout).toContain(`a runbook restores ${idOf('20261120')}`);
    expect(await pathsBelow(copy)).toEqual(before);
  });

  it('passes over what is not whole, not signed by a signer of the policy, or failed its test', async () => {
    const directory = (day: string) =>
      join(copy, 'shop', day.slice(0, 4), day.slice(4, 6), day.slice(6), idOf(day));
    await writeFile(join(directory('20261121'), 'data-0a1b2c.dump.zst.gpg'), 'cut');
    const { points } = JSON.parse((await listed('--json')).stdout);
    expect(points).toMatchObject([
      { newest: { backupId: idOf('20261120') }, passedOver: [expect.stringMatching(/lacks data-0a1b2c/)] },
    ]);
    const manifest = join(directory('20261120'), 'manifest.json');
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('Example BV', 'Example NV'));
    const place = { ...repository(), path: copy };
    await mark([place], idOf('20261119'), {
      kind: 'tested',
      at: '2026-11-20T13:00:00.000Z',
      result: 'failed',
    });
    const { code, stdout } = await listed('--json');
    expect({ code, points: JSON.parse(stdout).points }).toMatchObject({
      code: 3,
      points: [
        {
          newest: null,
          proven: null,
          passedOver: [
            expect.stringContaining('lacks'),
            expect.stringContaining('changed after signing'),
            expect.stringContaining('failed its restore test'),
          ],
        },
      ],
    });
  });

  it('says which key is missing, and what it stops; a wrong one is told as well', async () => {
    const missing = await listed('--key', 'databases=/nowhere/key');
    expect(missing).toMatchObject({ code: 3 });
    expect(missing.stdout).toMatch(/databases MISSING/);
    expect(missing.stdout).toContain("file /nowhere/key can't be read");
    expect(missing.stdout).toMatch(/Stops there: restore\./);
    const other = await makeEncryptionKey(lab.directory, `other-${count}`);
    const wrong = await listed('--key', `databases=${other.privateFile}`);
    expect(wrong).toMatchObject({ code: 3, stdout: expect.stringContaining('is of another key') });
    expect(await listed('--zone', 'fra')).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('not opened in zone fra; bring it with --key databases=FILE'),
    });
  });

  it('is shown of a bucket as well, with nothing but its address and credentials', async () => {
    const s3 = await startSeaweedfs({ buckets: [{ name: 'copies' }] });
    const env = {
      SAFE_ACCESS_KEY_ID: s3.root.accessKeyId,
      SAFE_SECRET_ACCESS_KEY: s3.root.secretAccessKey,
    };
    Object.assign(process.env, env);
    const address = { endpoint: s3.endpoint, credentials: { env: 'SAFE' } };
    const store = await openStore(bucketNamed('copies', { prefix: 'org', ...address }));
    try {
      for (const path of await pathsBelow(copy))
        await store.putIfAbsent(path, await readFile(join(copy, path)));
      const from = ['--from', 's3://copies/org', '--endpoint', s3.endpoint, '--credentials', 'SAFE'];
      const { code, stdout } = await holdfast(['recover', ...from, '--trust', signer, '--list', '--json'], {
        env,
      });
      expect({ code, ...JSON.parse(stdout) }).toMatchObject({
        code: 0,
        repository: 'offsite',
        place: 's3://copies/org',
        points: [{ newest: { backupId: idOf('20261121') }, proven: { backupId: idOf('20261120') } }],
      });
    } finally {
      store.close();
      await s3.stop();
    }
  });

  it('is printed as a document from the repository alone', async () => {
    const { code, stdout } = await recover('--trust', signer, '--print');
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('# Runbook site-loss'),
    });
    expect(stdout).toContain(copy);
  });
});

describe('a policy that can not be trusted', () => {
  const refused = async (args: string[], code: string, ...sentences: string[]) => {
    const run = await holdfast(['recover', '--json', ...args]);
    const { error } = JSON.parse(run.stdout);
    expect(error).toMatchObject({ code });
    for (const sentence of sentences) expect(`${error.message} ${error.hint}`).toContain(sentence);
  };
  const from = () => ['--from', copy, '--list'];

  it('is any, without a key that a person names', () => refused(from(), 'bad-usage', 'must come from you'));

  it('is one that a stranger signed; the newest one that can be trusted is taken when it is named', async () => {
    const stranger = await makeSigningKey(lab.directory, `stranger-${count}`);
    const [good = ''] = await appliedIn();
    const bad = await applyAt('2026-11-21T13:00:00.000Z', loaded.source, stranger.privateFile);
    await refused(
      [...from(), '--trust', signer],
      'untrusted-signature',
      bad,
      'not among those that you trust',
      `--applied ${good}`,
    );
    const older = await listed('--applied', good);
    expect(older).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 policy was applied after it'),
    });
    await refused([...from(), '--trust', signer, '--applied', 'x'], 'not-found', `It has: ${bad}, ${good}`);
  });

  it('is one that was changed, or has lost its signature', async () => {
    const [name = ''] = await appliedIn();
    const file = join(copy, '_policy', 'applied', `${name}.json`);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('site-loss', 'site-lost'));
    await refused([...from(), '--trust', signer], 'untrusted-signature', 'changed after signing');
    await rm(`${file}.sig`);
    await refused([...from(), '--trust', signer], 'untrusted-signature', 'is not signed');
  });

  it('is one of an older Holdfast, which signed none; and an empty repository has none', async () => {
    await rm(join(copy, '_policy'), { recursive: true });
    await refused([...from(), '--trust', signer], 'not-found', 'is empty: no policy was ever applied');
    await mkdir(join(copy, '_policy'));
    await writeFile(join(copy, '_policy', `${loaded.policy.hash}.yaml`), loaded.source);
    await refused([...from(), '--trust', signer], 'untrusted-signature', 'a policy that nobody has signed');
  });

  it('is looked for in a repository, and a place that is none is named', async () => {
    const at = (path: string) => ['--from', path, '--list', '--trust', signer];
    await refused(
      at(join(copy, 'shop')),
      'not-a-repository',
      'is no repository of Holdfast',
      '_holdfast.json',
    );
    await refused(
      at('/nowhere/at/all'),
      'not-found',
      '/nowhere/at/all does not exist',
      'Is the disk mounted?',
    );
    const parent = join(lab.directory, `mounted-${count}`);
    await mkdir(parent);
    await rename(copy, join(parent, 'offsite'));
    await refused(at(parent), 'not-a-repository', `Did you mean ${join(parent, 'offsite')}?`);
  });

  const appliedIn = async () =>
    (await readdir(join(copy, '_policy', 'applied')))
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.slice(0, -'.json'.length));
});

describe('starting a runbook', () => {
  const start = (...args: string[]) =>
    recover(
      '--trust',
      signer,
      '--state',
      join(lab.directory, `state-${count}`),
      '--runbook',
      'site-loss',
      ...args,
    );
  const who = () => [
    '--as',
    'commander-1',
    '--reason',
    'dark',
    '--sign-with',
    join(lab.directory, 'commander'),
  ];

  it.each<[string, () => string[], RegExp]>([
    ['who declares it', () => [], /Add --as NAME/],
    ['why', () => ['--as', 'commander-1'], /Add --reason/],
    [
      'a key, where the runbook wants signatures',
      () => ['--as', 'commander-1', '--reason', 'x'],
      /Add --sign-with/,
    ],
    ['a yes', who, /Add --yes/],
    ['somebody of the policy', () => ['--as', 'nobody'], /knows no nobody among its people/],
    ['a zone that is left', () => ['--zone', 'fra', ...who()], /site-loss takes zone fra as lost/],
    ['the zone that leads it', () => ['--zone', 'home', ...who()], /site-loss is led from zone ams/],
    ['a zone of the policy', () => ['--zone', 'nowhere', ...who()], /has no zone "nowhere"/],
    ['a file for a key', () => ['--key', 'databases', ...who()], /does not say which file/],
    ['a key of the policy', () => ['--key', 'other=/x', ...who()], /no plan with the key "other"/],
  ])('wants %s', async (_, args, sentence) => {
    const { code, stderr } = await start(...args());
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(sentence) });
  });

  it('asks on a terminal, and starts nothing without a yes', async () => {
    const asked = await holdfast(
      ['recover', '--from', copy, '--trust', signer, '--runbook', 'site-loss', ...who()],
      { answer: 'n' },
    );
    expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining('Nothing was started.') });
  });

  it('says that a port is taken, and that Temporal is not on the machine', async () => {
    const server: Server = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    expect(await start(...who(), '--yes', '--port', String(port))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`Port ${port} of this host is taken`),
    });
    server.close();
    const args = ['recover', '--from', copy, '--trust', signer, '--runbook', 'site-loss', ...who(), '--yes'];
    const state = ['--state', join(lab.directory, `state-${count}`), '--port', String(port)];
    const bare = startProgram([...args, ...state, '--ui-port', String(await freePort())], {
      XDG_CACHE_HOME: '/nowhere',
      PATH: '/usr/bin:/bin',
    });
    expect(await bare.ended).toMatchObject({ code: 1 });
    expect(bare.said()).toContain('The program `temporal` is not on this machine. Put');
  });
});

it('writes a policy with its public keys inside that is the same policy, comments and all', async () => {
  const file = join(lab.directory, 'inside.yaml');
  const text = `# Ours.\n${loaded.source}`;
  await writeFile(file, withKeysInside(text, loaded.publicKeys));
  expect(await readFile(file, 'utf8')).toMatch(/^# Ours\.\n/);
  const named = [lab.signing.publicFile, lab.encryption.publicFile, join(lab.directory, 'commander.pub')];
  for (const each of named) await rename(each, `${each}.away`);
  try {
    const { policy } = await loadPolicy(file);
    const same = ({ hash: _, ...rest }: LoadedPolicy['policy']) =>
      JSON.stringify(rest).replaceAll(/"policyHash":"[0-9a-f]+"/g, '');
    expect(same(policy)).toBe(same(loaded.policy));
  } finally {
    for (const each of named) await rename(`${each}.away`, each);
  }
});
