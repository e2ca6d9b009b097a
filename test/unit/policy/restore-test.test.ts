import { describe, expect, it } from '@jest/globals';
import { fullWith, loadText, printedProblems, smallest, smallestWith } from './support.ts';

const scheduled = 'copies: [local], restoreTest: { schedule: "0 4 1 * *" }';

async function testOf(text: string, plan = 'shop-daily') {
  const { policy } = await loadText(text);
  return policy.plans[plan]?.restoreTest;
}

describe('a restore test', () => {
  it('is there on demand for every plan whose key some zone opens', async () => {
    expect(await testOf(smallest)).toEqual({
      zone: 'home',
      from: ['local'],
      pick: { kind: 'latest' },
      smoke: [],
      jobs: 1,
    });
  });

  it('is not there where no zone opens the key', async () => {
    const { policy } = await loadText(
      smallestWith('opens: { home: { file: /run/secrets/databases.asc } }', 'opens: {}'),
    );
    expect(policy.plans['shop-daily']).not.toHaveProperty('restoreTest');
  });

  it('has what is written', async () => {
    const written = fullWith(
      [
        'pick: random 30d',
        `pick: random 30d
      from: [offsite]
      zone: ams
      thaw: true
      server: dev
      jobs: 4
      command: { run: [/opt/smoke.sh, --fast], timeout: 10m, secrets: { TOKEN: { env: SMOKE_TOKEN } } }`,
      ],
      [
        'people:',
        'scratchServers: { dev: { zone: ams, host: dev.internal, user: dev, password: { env: DEV } } }\npeople:',
      ],
    );
    expect(await testOf(written)).toEqual({
      schedule: { cron: '0 4 1 * *', jitter: 0, deadline: 6 * 3600, catchup: 3600, paused: false },
      zone: 'ams',
      from: ['offsite'],
      thaw: { days: 7, patience: 4 * 86_400 },
      pick: { kind: 'random', within: { count: 30, unit: 'day' } },
      smoke: ['select count(*) > 0 from orders'],
      command: { run: ['/opt/smoke.sh', '--fast'], timeout: 600, secrets: { TOKEN: { env: 'SMOKE_TOKEN' } } },
      server: {
        name: 'dev',
        zone: 'ams',
        host: 'dev.internal',
        port: 5432,
        user: 'dev',
        password: { env: 'DEV' },
        ssl: { mode: 'verify-full' },
      },
      jobs: 4,
    });
  });

  it.each([
    ['latest', { kind: 'latest' }],
    ['untested', { kind: 'untested' }],
    ['random 12m', { kind: 'random', within: { count: 12, unit: 'month' } }],
  ])('picks %s', async (pick, resolved) => {
    expect((await testOf(smallestWith('[local]', `[local], restoreTest: { pick: ${pick} }`)))?.pick).toEqual(
      resolved,
    );
  });

  it('brings the signing key of its zone into the plan', async () => {
    const { policy } = await loadText(
      fullWith(
        ['signers:\n', '  lab: { region: EU, site: lab, signingKey: { env: LAB } }\nsigners:\n'],
        ['{ ams: { file', '{ lab: { env: LAB_KEY }, ams: { file'],
        ['pick: random 30d', 'server: lab'],
        ['people:', 'scratchServers: { lab: { zone: lab, host: localhost, user: lab } }\npeople:'],
      ),
    );
    const plan = policy.plans['shop-daily'];
    expect(plan?.restoreTest?.zone).toBe('lab');
    expect(Object.keys(plan?.signingKeys ?? {}).sort()).toEqual(['fra', 'lab']);
  });
});

describe('the zone of a restore test that names none', () => {
  const opens = '{ ams: { file: /run/secrets/databases.asc }, fra: { file: /run/secrets/fra.asc } }';

  it('is the one that can read the most copies', async () => {
    expect(await testOf(fullWith())).toMatchObject({ zone: 'fra', from: ['local', 'offsite'] });
  });

  it("is rather not the source's", async () => {
    const bucket = '{ kind: s3, bucket: near, region: x, zone: fra }';
    const directory = '{ kind: filesystem, path: /backups, zone: fra, medium: disk }';
    expect(await testOf(fullWith([directory, bucket]))).toMatchObject({
      zone: 'ams',
      from: ['local', 'offsite'],
    });
    const swapped = opens.replace('ams:', 'x:').replace('fra:', 'ams:').replace('x:', 'fra:');
    expect(await testOf(fullWith([directory, bucket], [opens, swapped]))).toMatchObject({ zone: 'ams' });
  });

  it('is rather one that has a copy', async () => {
    const far = ['signers:\n', '  usa: { region: EU, site: us-1 }\nsigners:\n'] as const;
    const two = '{ usa: { env: USA }, ams: { env: AMS } }';
    expect(await testOf(fullWith([...far], [opens, two]))).toMatchObject({ zone: 'ams', from: ['offsite'] });
  });

  it('is that of its server', async () => {
    expect(
      await testOf(
        fullWith(
          ['pick: random 30d', 'server: dev'],
          ['people:', 'scratchServers: { dev: { zone: ams, host: localhost, user: dev } }\npeople:'],
        ),
      ),
    ).toMatchObject({ zone: 'ams', from: ['offsite'], server: { name: 'dev', ssl: { mode: 'prefer' } } });
  });
});

describe('what is refused of a restore test', () => {
  const server = 'scratchServers: { dev: { zone: ams, host: dev.internal, user: dev } }\npeople:';

  it.each<[string, string, [string, string][]]>([
    [
      'a zone that does not open the key',
      'plans.shop-daily.restoreTest.zone  the key of this plan is not opened in zone ams, where it would be restored; it is in fra',
      [
        ['ams: { file: /run/secrets/databases.asc }, ', ''],
        ['pick: random', 'zone: ams\n      pick: random'],
      ],
    ],
    [
      'a server where the key is not opened',
      'plans.shop-daily.restoreTest.server  the key of this plan is not opened in zone ams',
      [
        ['ams: { file: /run/secrets/databases.asc }, ', ''],
        ['pick: random', 'server: dev\n      pick: random'],
        ['people:', server],
      ],
    ],
    [
      'a server in another zone',
      'plans.shop-daily.restoreTest.zone  the scratch server of this test is reached in zone ams; write that zone',
      [
        ['pick: random', 'server: dev\n      zone: fra\n      pick: random'],
        ['people:', server],
      ],
    ],
    [
      'a repository without a copy',
      'plans.shop-daily.restoreTest.from[0]  this plan has no copy there; its copies: local, offsite, safe',
      [['pick: random', 'from: [archive]\n      pick: random']],
    ],
    [
      'a repository that a person attaches',
      'plans.shop-daily.restoreTest.from[1]  this repository is attached by hand, and a restore test waits for nobody',
      [['pick: random', 'from: [local, safe]\n      pick: random']],
    ],
    [
      'a directory of another zone',
      'plans.shop-daily.restoreTest.from[0]  this directory is reached only in zone fra, and the test runs in zone ams',
      [['pick: random', 'zone: ams\n      from: [local]\n      pick: random']],
    ],
    [
      'a copy named twice',
      'plans.shop-daily.restoreTest.from[1]  this repository is named twice; name each once',
      [['pick: random', 'from: [local, local]\n      pick: random']],
    ],
    [
      'a schedule where the key is opened beside no copy',
      'plans.shop-daily.restoreTest.schedule  the key of this plan is opened in ams, where no copy can be read',
      [
        [', fra: { file: /run/secrets/fra.asc }', ''],
        ['[local, offsite, safe]', '[local, safe]'],
      ],
    ],
    [
      'a relative program',
      'plans.shop-daily.restoreTest.command.run[0]  this program has a relative path; write its absolute one on the worker',
      [['pick: random', 'command: { run: [./smoke.sh] }\n      pick: random']],
    ],
    [
      'a password in the URL of an argument',
      'plans.shop-daily.restoreTest.command.run[1]  a user or password is in this URL; hand it over under `secrets`',
      [['pick: random', 'command: { run: [smoke, "https://u:hunter2@example.org"] }\n      pick: random']],
    ],
    [
      'a server that is not there',
      'plans.shop-daily.restoreTest.server  no such scratch server; define it under `scratchServers`',
      [['pick: random', 'server: dev\n      pick: random']],
    ],
    [
      'a command that only a shell would understand',
      'plans.shop-daily.restoreTest.command.run  a command is a list; write it as [program, argument]',
      [['pick: random', 'command: { run: ./smoke.sh --fast }\n      pick: random']],
    ],
  ])('%s', async (_name, sentence, changes) => {
    const problems = await printedProblems(fullWith(...changes));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(sentence);
  });

  it('a schedule where no zone opens the key', async () => {
    const text = smallestWith('copies: [local]', scheduled).replace(/opens: \{ home.*?\} \}/, 'opens: {}');
    expect(await printedProblems(text)).toEqual([
      'policy.yaml:13:112  plans.shop-daily.restoreTest.schedule  no zone opens the key of this plan, so none of its backups can be restored; say under `opens` of the key which zone reads the private key, and where',
    ]);
  });

  it.each(['PGHOST', 'PATH', 'LD_PRELOAD', 'HOLDFAST_X'])(
    'a secret in the environment variable %s, which has a meaning of its own',
    async (name) => {
      const problems = await printedProblems(
        smallestWith(
          '[local]',
          `[local], restoreTest: { command: { run: [smoke], secrets: { ${name}: { env: A } } } }`,
        ),
      );
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain('this environment variable has a meaning of its own');
    },
  );
});
