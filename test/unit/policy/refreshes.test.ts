import { describe, expect, it } from '@jest/globals';
import { fullWith, loadText, printedProblems } from './support.ts';

type Refreshed = { server?: string; refresh?: string; changes?: [string, string][] };

const written =
  'dev: { plan: shop-daily, server: dev, database: dev, owner: developers, mask: ["update people set name = id"] }';

function refreshing({
  server = 'zone: ams, host: dev.internal',
  refresh = written,
  changes = [],
}: Refreshed) {
  const sections = `scratchServers: { dev: { ${server}, user: maker } }\nrefreshes: { ${refresh} }\npeople:`;
  return fullWith(['people:', sections], ...changes);
}

/** The development database is a source with a plan of its own. */
const developmentPlan: [string, string][] = [
  ['plans:\n', '  dev: { kind: postgres, zone: fra, host: dev.internal, database: dev, user: b }\nplans:\n'],
  [
    'plans:\n',
    'plans:\n  dev-daily: { source: dev, schedule: "0 5 * * *", key: databases, copies: [offsite] }\n',
  ],
];

const then = (plan: string) => written.replace(' }', `, then: ${plan} }`);

describe('a refresh', () => {
  it('takes the copies that its server can read, and the key of the plan', async () => {
    const { policy } = await loadText(refreshing({}));
    const { dev } = policy.refreshes;
    expect(dev).toMatchObject({
      name: 'dev',
      plan: 'shop-daily',
      source: 'shop',
      server: { name: 'dev', zone: 'ams', host: 'dev.internal', user: 'maker' },
      database: 'dev',
      owner: 'developers',
      trim: [],
      mask: ['update people set name = id'],
      verify: [],
      jobs: 1,
      provenWithin: 7 * 86_400,
      keys: [{ name: 'databases' }],
    });
    expect(dev?.candidates.map(({ name }) => name)).toEqual(['offsite']);
    expect(dev).not.toHaveProperty('schedule');
    expect(dev?.signers).toEqual(policy.signers);
  });

  it('has its nearest copy first', async () => {
    const { policy } = await loadText(refreshing({ server: 'zone: fra, host: dev.internal' }));
    expect(policy.refreshes.dev?.candidates.map(({ name }) => name)).toEqual(['local', 'offsite']);
  });

  it('takes the newest whether proven or not where the policy says so, and knows when plans share a source', async () => {
    const second: [string, string] = [
      'plans:\n',
      'plans:\n  shop-hourly: { source: shop, schedule: "0 * * * *", key: databases, copies: [offsite] }\n',
    ];
    const refresh = written.replace(' }', ', provenWithin: 0s }');
    const { policy } = await loadText(refreshing({ refresh, changes: [second] }));
    expect(policy.refreshes.dev).toMatchObject({ provenWithin: 0, shared: true });
    expect((await loadText(refreshing({}))).policy.refreshes.dev).not.toHaveProperty('shared');
  });

  it('says so where nothing is masked', async () => {
    const { policy } = await loadText(
      refreshing({ refresh: written.replace(/mask: \[.*?\]/, 'mask: none') }),
    );
    expect(policy.refreshes.dev?.mask).toEqual([]);
  });

  it('may be of a database that a plan of its own backs up', async () => {
    const { policy } = await loadText(refreshing({ refresh: then('dev-daily'), changes: developmentPlan }));
    expect(policy.refreshes.dev?.then).toBe('dev-daily');
  });
});

describe('what is refused of a refresh', () => {
  const overLive =
    'refreshes.dev.database  this is the live database of source shop, and a refresh replaces what is there';

  it.each<[string, string, Refreshed]>([
    [
      'the live database of its source',
      `${overLive}; name another database or another server`,
      { server: 'zone: ams, host: DB.internal', refresh: written.replace('database: dev', 'database: shop') },
    ],
    [
      'that also as loopback of its zone',
      overLive,
      {
        server: 'zone: fra, host: 127.0.0.1',
        refresh: written.replace('database: dev', 'database: shop'),
        changes: [['host: db.internal', 'host: localhost']],
      },
    ],
    [
      'that also by the plan that backs it up',
      overLive,
      {
        server: 'zone: fra, host: db.internal',
        refresh: written.replace('database: dev', 'database: shop').replace(' }', ', then: shop-hourly }'),
        changes: [
          [
            'plans:\n',
            'plans:\n  shop-hourly: { source: shop, schedule: "0 * * * *", key: databases, copies: [local] }\n',
          ],
        ],
      },
    ],
    [
      'the live database of another source',
      'refreshes.dev.database  this is the live database of source dev',
      { changes: developmentPlan },
    ],
    [
      'the plan that the data comes from as the one that follows',
      'refreshes.dev.then  this is the plan that the data comes from; name the plan that backs up the refreshed database',
      { refresh: then('shop-daily') },
    ],
    [
      'a plan that is not there as the one that follows',
      'refreshes.dev.then  no such plan; did you mean "shop-daily"?',
      { refresh: then('shop-dayly') },
    ],
    [
      'a plan of another database as the one that follows',
      'refreshes.dev.then  this plan backs up source dev, which is another database than the refreshed one',
      {
        refresh: then('dev-daily').replace('database: dev', 'database: other'),
        changes: developmentPlan,
      },
    ],
    [
      'a server where the key is not opened',
      'refreshes.dev.server  the key of plan and backups is not opened in zone ams, where this server is; it is in fra',
      { changes: [['ams: { file: /run/secrets/databases.asc }, ', '']] },
    ],
    [
      'a server where no copy can be read',
      'refreshes.dev.server  no copy of the plan can be read in zone ams',
      { changes: [['[local, offsite, safe]', '[local, safe]']] },
    ],
    [
      'two of one database',
      'refreshes.too.database  refresh dev makes this database too; give each its own',
      { refresh: `${written}, ${written.replace('dev:', 'too:')}` },
    ],
    [
      'not a word about masking',
      'refreshes.dev.mask  this does not say what is masked; write a list of SQL, or none where the data may be read as it is',
      { refresh: written.replace(/, mask: \[.*?\]/, '') },
    ],
    [
      'an empty list of it',
      'refreshes.dev.mask  this does not say what is masked',
      { refresh: written.replace(/mask: \[.*?\]/, 'mask: []') },
    ],
  ])('%s', async (_name, sentence, refreshed) => {
    const problems = await printedProblems(refreshing(refreshed));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(sentence);
  });

  it('nothing where loopback is another machine', async () => {
    const apart = refreshing({
      server: 'zone: ams, host: localhost',
      refresh: written.replace('database: dev', 'database: shop'),
      changes: [['host: db.internal', 'host: localhost']],
    });
    expect(await printedProblems(apart)).toEqual([]);
  });
});
