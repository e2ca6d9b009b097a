import { describe, expect, it } from '@jest/globals';
import { failoverWith } from './failover-support.ts';
import { loadText } from './support.ts';

async function runbookOf(...changes: [string, string][]) {
  const { policy } = await loadText(failoverWith(...changes));
  const runbook = policy.runbooks['shop-failover'];
  if (runbook === undefined) throw new Error('there is no runbook shop-failover');
  return runbook;
}

async function stepOf(id: string, ...changes: [string, string][]) {
  const found = (await runbookOf(...changes)).steps.find((step) => step.id === id);
  if (found === undefined) throw new Error(`there is no step ${id}`);
  return found;
}

describe('a runbook', () => {
  it('has a default for all that it does not say', async () => {
    const runbook = await runbookOf();
    expect(runbook).toMatchObject({
      format: 1,
      name: 'shop-failover',
      organization: 'Example BV',
      timezone: 'Europe/Amsterdam',
      class: 'critical',
      tier: { name: 'critical', rpo: 3600, rto: 3600 },
      lost: ['fra'],
      zone: 'ams',
      protects: ['shop'],
      commander: 'incident-commander',
      signatures: { real: 'signed', drill: 'named' },
      cooldown: 3600,
      drills: [],
    });
    expect(runbook).not.toHaveProperty('preflight');
    expect(runbook.version).toMatch(/^[0-9a-f]{64}$/);
  });

  it('has the zone, phase, role and time of each step', async () => {
    const { steps } = await runbookOf();
    expect(steps.map(({ id, zone, phase, role, timeout }) => [id, zone, phase, role, timeout])).toEqual([
      ['declare', 'ams', 'assess', 'incident-commander', 86_400],
      ['backups', 'ams', 'assess', 'incident-commander', 7200],
      ['fence', 'ams', 'prepare', 'dba', 600],
      ['promote', 'ams', 'execute', 'dba', 900],
      ['deploy', 'ams', 'execute', 'incident-commander', 600],
      ['dns', 'ams', 'execute', 'incident-commander', 900],
      ['tell', 'ams', 'prepare', 'incident-commander', 60],
      ['verify', 'ams', 'validate', 'incident-commander', 360],
    ]);
  });

  it('promotes a standby of what is fenced before it', async () => {
    const promote = await stepOf('promote');
    expect(promote).toMatchObject({
      do: 'postgres.promote',
      approve: true,
      needs: ['fence', 'backups'],
      target: { name: 'shop-standby', zone: 'ams', port: 5432, database: 'postgres' },
      primary: { name: 'shop-primary', host: 'db.internal', ssl: { mode: 'require' } },
      drill: { name: 'shop-lab' },
    });
  });

  const second: [string, string] = [
    'nameServers:\n',
    '  lab-2: { kind: postgres, zone: ams, host: lab-2.internal, user: holdfast, ssl: require }\nnameServers:\n',
  ];
  const stopped: [string, string] = [
    'host: lab.internal, user: holdfast',
    'host: lab.internal, user: holdfast, directory: /lab, start: { run: [lab] }, stop: { run: [lab] }',
  ];

  it.each<[what: string, primary: object, ...changes: [string, string][]]>([
    ['of nothing that is known', {}],
    [
      'of what is fenced before it in a drill',
      { drillPrimary: { name: 'lab-2' } },
      second,
      ['target: shop-primary, needs', 'target: shop-primary, drill: { target: lab-2 }, needs'],
    ],
    [
      'of what it names',
      { drillPrimary: { name: 'lab-2' } },
      second,
      stopped,
      ['drill: { target: shop-lab }', 'drill: { target: shop-lab, primary: lab-2 }'],
    ],
  ])(
    'promotes a server for drills that is a standby again afterwards, %s',
    async (_what, primary, ...changes) => {
      const promote = await stepOf('promote', ...changes);
      expect(promote).toMatchObject({ drill: { name: 'shop-lab' }, ...primary });
      expect('drillPrimary' in promote).toBe('drillPrimary' in primary);
    },
  );

  it('fences from outside what stands in a lost zone', async () => {
    expect(await stepOf('fence')).toMatchObject({
      zone: 'ams',
      target: { zone: 'fra', cutOff: { zone: 'ams', command: { timeout: 300 } }, stop: { timeout: 300 } },
    });
    const nothingLost = await stepOf('fence', ['    lost: [fra]\n', '']);
    expect(nothingLost.zone).toBe('fra');
  });

  it('knows no repository, key and log of a lost zone', async () => {
    const backups = await stepOf('backups');
    if (backups.do !== 'backups.verify') throw new Error('another step');
    const [plan] = backups.plans;
    expect(backups.tested).toBe(35 * 86_400);
    expect(plan?.copies.map(({ name }) => name)).toEqual(['offsite']);
    expect(plan).not.toHaveProperty('airgapped');
    expect(plan).not.toHaveProperty('alertZone');
    expect(plan?.signingKeys).toEqual({});
    expect(plan?.audit?.signingKeys).toEqual({});
    expect(plan?.audit?.witnesses.map(({ zone }) => zone)).not.toContain('fra');
  });

  it('takes name server and type of a record from the record and its value', async () => {
    expect(await stepOf('dns')).toMatchObject({
      of: {
        record: 'shop.example.org',
        type: 'CNAME',
        server: { name: 'dns', port: 53, domain: 'example.org' },
      },
      value: 'dr.example.org',
      ttl: 60,
    });
    expect(await stepOf('dns', ['value: dr.example.org', 'value: 192.0.2.7'])).toMatchObject({
      of: { type: 'A' },
    });
    expect(await stepOf('dns', ['value: dr.example.org', 'value: "2001:db8::7"'])).toMatchObject({
      of: { type: 'AAAA' },
    });
  });

  it('runs a command for as long as its step may take', async () => {
    expect(
      await stepOf('deploy', ['overlays/dr], needs', 'overlays/dr], timeout: 20m, needs']),
    ).toMatchObject({
      timeout: 1200,
      command: { run: ['kubectl', 'apply', '-k', 'overlays/dr'], timeout: 1200, secrets: {} },
      undo: { timeout: 600 },
    });
  });

  it.each<[string, object]>([
    ['do: kubectl, apply: { kustomize: /srv/dr }', { deed: { verb: 'apply', kustomize: '/srv/dr' } }],
    [
      'do: kubectl, scale: { resource: deployment/shop, namespace: shop, replicas: 3 }, context: dr',
      { deed: { verb: 'scale', resource: 'deployment/shop', namespace: 'shop', replicas: 3 }, context: 'dr' },
    ],
    ['do: wait, for: 5m', { seconds: 300, timeout: 360 }],
    ['do: notify, say: Hello', { severity: 'critical', roles: ['incident-commander'] }],
    [
      'do: manual, say: Point the CDN there, phase: prepare',
      { phase: 'prepare', say: 'Point the CDN there' },
    ],
    [
      'do: restore, plan: shop-daily, target: shop-standby',
      { database: 'shop', plan: { copies: [{ name: 'offsite' }] }, target: { name: 'shop-standby' } },
    ],
    [
      'do: sql.check, target: shop-standby, queries: ["select true"], within: 1m',
      { queries: ['select true'], within: 60, timeout: 120 },
    ],
  ])('reads %s', async (written, expected) => {
    const added = `      - { id: more, ${written} }\n      - { id: verify`;
    expect(await stepOf('more', ['      - { id: verify', added])).toMatchObject(expected);
  });

  it('is in an order in which each step comes after what it needs', async () => {
    const { steps } = await runbookOf([
      '{ id: declare, do',
      '{ id: last, do: wait, for: 1m, needs: [verify] }\n      - { id: declare, do',
    ]);
    expect(steps.map(({ id }) => id).at(-2)).toBe('verify');
    expect(steps.at(-1)?.id).toBe('last');
  });
});

describe('the version of a runbook', () => {
  const version = async (...changes: [string, string][]) => (await runbookOf(...changes)).version;

  it('stays while a run does the same', async () => {
    const before = await version();
    expect(await version(['budget: 100', 'budget: 200'])).toBe(before);
    expect(
      await version([
        '    class: critical\n    tier: critical\n',
        '    tier: critical\n    class: critical\n',
      ]),
    ).toBe(before);
    expect(await version(['    lost: [fra]\n', '    lost: [fra]\n    preflight: "0 5 * * *"\n'])).toBe(
      before,
    );
  });

  it.each<[string, [string, string]]>([
    ['a command', ['overlays/dr]', 'overlays/other]']],
    ['what a step leads to', ['lab.internal', 'lab-2.internal']],
    ['a need', ['needs: [fence, backups]', 'needs: [fence]']],
    ['a plan', ['bucket: ge-backups', 'bucket: ge-other']],
  ])('changes with %s', async (_what, change) => {
    expect(await version(change)).not.toBe(await version());
  });
});
