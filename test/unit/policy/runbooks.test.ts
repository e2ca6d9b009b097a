import { describe, expect, it } from '@jest/globals';
import { failoverWith } from './failover-support.ts';
import { fullWith, keysDirectory, loadText, problemsOf } from './support.ts';

type Change = [piece: string, replacement: string];

/** Every problem as `path  message; hint`, with the text of its line. */
async function refused(...changes: Change[]): Promise<{ said: string; line: string }[]> {
  const text = failoverWith(...changes);
  const lines = text.split('\n');
  return (await problemsOf(text)).map(({ path, message, hint, line }) => ({
    said: `${path}  ${message}; ${hint}`,
    line: lines[line - 1] ?? '',
  }));
}

/** Another step before `verify`. */
const step = (written: string): Change => [
  '      - { id: verify',
  `      - { ${written} }\n      - { id: verify`,
];

const steps = 'runbooks.shop-failover.steps';

const standby =
  'do: postgres.standby, target: shop-primary, primary: shop-standby, needs: [declare], in: fra';
const nothingLost: Change = ['    lost: [fra]\n', ''];

describe('what is refused of a runbook', () => {
  it('is nothing of one that is right', async () => {
    expect(await refused()).toEqual([]);
  });

  it.each<[what: string, said: string, line: string, ...changes: Change[]]>([
    [
      'an unknown action, with the nearest one',
      `${steps}[4].do  no such action; did you mean "command"?`,
      'id: deploy',
      ['do: command', 'do: comand'],
    ],
    [
      'the last word of an action, with the whole of it',
      `${steps}[3].do  no such action; did you mean "postgres.promote"?`,
      'id: promote',
      ['do: postgres.promote', 'do: promote'],
    ],
    [
      'a step that does not say what it does, with all that there is',
      `${steps}[0].do  this step does not say what it does; write do: with an action, known here: approve, manual,`,
      'id: declare',
      ['{ id: declare, do: approve,', '{ id: declare,'],
    ],
    [
      'a key that the action does not have',
      `${steps}[2].targat  unknown key; did you mean "target"?`,
      'id: fence',
      ['role: dba, target: shop-primary', 'target: shop-primary, targat: x'],
    ],
    [
      'a name of a step that every object has',
      `${steps}[6].id  this word can't name a step; choose another one`,
      'do: notify',
      ['{ id: tell', '{ id: constructor'],
    ],
    [
      'two steps of one name',
      `${steps}[6].id  another step of this runbook has this name`,
      'do: notify',
      ['{ id: tell', '{ id: declare'],
    ],
    [
      'a need of no step, with the nearest one',
      `${steps}[7].needs[0]  no such step in this runbook; did you mean "dns"?`,
      'id: verify',
      ['health", needs: [dns]', 'health", needs: [dms]'],
    ],
    [
      'steps that wait for each other, by name',
      `${steps}[1].needs  these steps wait for each other, so none could ever begin: backups → deploy → promote → backups; take one of these needs out`,
      'id: backups',
      ['plans: [shop-daily]', 'plans: [shop-daily], needs: [deploy]'],
    ],
    [
      'a step that needs itself',
      `${steps}[7].needs  step verify needs itself`,
      'id: verify',
      ['health", needs: [dns]', 'health", needs: [dns, verify]'],
    ],
    [
      'a role of a step that nobody holds',
      `${steps}[2].role  nobody holds this role; did you mean "dba"?`,
      'id: fence',
      ['role: dba, target: shop-primary', 'role: dbo, target: shop-primary'],
    ],
    [
      'a role of escalation that nobody holds',
      `${steps}[0].escalate  nobody holds this role`,
      'id: declare',
      ['do: approve,', 'do: approve, escalate: board,'],
    ],
    [
      'a role that is told and that nobody holds',
      `${steps}[6].roles[0]  nobody holds this role`,
      'id: tell',
      ['do: notify,', 'do: notify, roles: [everybody],'],
    ],
    [
      'a commander whom nobody is',
      'runbooks.shop-failover.commander  nobody holds this role; did you mean "operator"?',
      'commander: operators',
      ['    class: critical\n', '    class: critical\n    commander: operators\n'],
    ],
    [
      'a promotion without fencing',
      `${steps}[3].needs  nothing fences the old primary before this promotion, so two servers could take writes`,
      'id: promote',
      ['needs: [fence, backups]', 'needs: [declare, backups]'],
    ],
    [
      'a promotion after fencing of another server',
      `${steps}[3].needs  nothing fences the old primary before this promotion`,
      'id: promote',
      ['target: shop-standby, needs', 'target: shop-standby, primary: shop-lab, needs'],
      [',\n          drill: { target: shop-lab } }', ' }'],
    ],
    [
      'a promotion of what was fenced',
      `${steps}[3].needs  nothing fences the old primary before this promotion`,
      'id: promote',
      ['role: dba, target: shop-primary', 'role: dba, target: shop-standby'],
    ],
    [
      'a promotion after fencing of several',
      `${steps}[3]  several servers are fenced before this promotion, and it does not say which one it stands by for; name it as \`primary\``,
      'id: promote',
      [',\n          drill: { target: shop-lab } }', ' }'],
      step('id: more, do: postgres.fence, target: shop-lab, needs: [declare]'),
      ['needs: [fence, backups]', 'needs: [fence, more, backups]'],
    ],
    [
      'a server that stands by for itself',
      `${steps}[3].primary  this is the server that is promoted`,
      'id: promote',
      ['target: shop-standby, needs', 'target: shop-standby, primary: shop-standby, needs'],
    ],
    [
      'a choice of the standby without fencing',
      `${steps}[7].needs  nothing fences the old primary before this promotion`,
      'id: choose',
      step('id: choose, do: postgres.recover, standby: shop-standby, plan: shop-daily, needs: [declare]'),
    ],
    [
      'fencing that nobody approves',
      `${steps}[2]  nobody approves anything before this step, and it can't simply be taken back; write \`approve: true\` here`,
      'id: fence',
      ['target: shop-primary, needs: [declare]', 'target: shop-primary'],
    ],
    [
      'a change of a name that nobody approves',
      `${steps}[5]  nobody approves anything before this step`,
      'id: dns',
      ['dr.example.org, needs: [deploy]', 'dr.example.org'],
    ],
    [
      'a standby made anew that nobody approves',
      `${steps}[7]  nobody approves anything before this step`,
      'id: back',
      nothingLost,
      step(`id: back, ${standby.replace(', needs: [declare]', '')}`),
    ],
    [
      'a loss of every zone',
      'runbooks.shop-failover.lost  every zone is lost, so no worker is left',
      'lost:',
      ['lost: [fra]', 'lost: [fra, ams]'],
    ],
    [
      'a leading zone that is lost',
      'runbooks.shop-failover.zone  this zone is lost, so nobody could lead from there; name one that is left: ams',
      'zone: fra',
      nothingLost,
      ['    class: critical\n', '    class: critical\n    lost: [fra]\n    zone: fra\n'],
    ],
    [
      'a step in a zone that is lost',
      `${steps}[4].in  this zone is lost, and no worker answers there; a step runs in a zone that is left: write \`in:\` with one of ams`,
      'id: deploy',
      ['overlays/dr], needs', 'overlays/dr], in: fra, needs'],
    ],
    [
      'a step done to a server in a zone that is lost',
      `${steps}[7].target  this server stands in zone fra, which is lost`,
      'id: look',
      step('id: look, do: sql.check, target: shop-primary, queries: ["select true"], in: ams'),
    ],
    [
      'a name server behind a zone that is lost',
      `${steps}[5]  updates go to this name server through zone fra, which is lost`,
      'id: dns',
      ['dns: { zone: ams', 'dns: { zone: fra'],
    ],
    [
      'a server cut off by a zone that is lost too',
      `${steps}[2].target  this server is cut off by a worker of zone xyz, which is lost too`,
      'id: fence',
      ['cutOff: { zone: ams', 'cutOff: { zone: xyz'],
      ['zones:\n', 'zones:\n  xyz: { region: EU, site: xyz }\n'],
      ['lost: [fra]', 'lost: [fra, xyz]'],
    ],
    [
      'a server rebuilt from another zone',
      `${steps}[7].in  this server is rebuilt in its directory, which only a worker of zone fra reaches`,
      'id: back',
      nothingLost,
      step(`id: back, ${standby.replace('in: fra', 'in: ams')}`),
    ],
    [
      'a server for drills that is rebuilt from another zone',
      `${steps}[7].drill.target  this step runs in zone fra, and a worker there does not reach the directory of a server in zone ams`,
      'drill: { target: shop-lab, primary',
      nothingLost,
      [
        'host: lab.internal, user: holdfast',
        'host: lab.internal, user: holdfast, directory: /lab, start: { run: [lab] }',
      ],
      [
        'nameServers:\n',
        '  lab-2: { kind: postgres, zone: ams, host: lab-2.internal, user: holdfast }\nnameServers:\n',
      ],
      step(`id: back, ${standby}, drill: { target: shop-lab, primary: lab-2 }`),
    ],
    [
      'backups that are all lost',
      `${steps}[1].plans[0]  every copy of plan shop-daily that is always online lies in a zone that is lost; add a copy`,
      'id: backups',
      ['zone: ams, medium: object', 'zone: fra, medium: object'],
    ],
    [
      'a key that is opened in lost zones alone',
      `${steps}[1].plans[0]  no zone that is left opens the key of plan shop-daily`,
      'id: backups',
      ['ams: { file: /run/secrets/databases.asc }, ', ''],
    ],
    [
      'a key that is opened elsewhere',
      `${steps}[1].plans[0]  the key of this plan is not opened in zone ams, where this step runs; write \`in: fra\``,
      'id: backups',
      nothingLost,
      ['plans: [shop-daily] }', 'plans: [shop-daily], in: ams }'],
      ['ams: { file: /run/secrets/databases.asc }, ', ''],
    ],
    [
      'copies that are reached elsewhere',
      `${steps}[1].plans[0]  no copy that is left can be read in zone ams, where this step runs`,
      'id: backups',
      nothingLost,
      ['plans: [shop-daily] }', 'plans: [shop-daily], in: ams }'],
      ['[local, offsite, safe]', '[local, safe]'],
    ],
    [
      'a signature of somebody without a key',
      'people.dba-1  runbook shop-failover is decided with signatures, and this dba has no sshKeys to sign with; name a public key',
      'dba-1:',
      [`, sshKeys: [${keysDirectory}/dba-1.pub, ${keysDirectory}/dba-1-yubikey.pub]`, ''],
      [`secondFactor: [deletion, restore]\n`, ''],
      ['signatures: signed }', 'signatures: named }'],
    ],
    [
      'an unknown target',
      `${steps}[2].target  no such target; did you mean "shop-primary"?`,
      'id: fence',
      ['target: shop-primary', 'target: shop-primry'],
    ],
    [
      'an unknown plan',
      `${steps}[1].plans[0]  no such plan; did you mean "shop-daily"?`,
      'id: backups',
      ['plans: [shop-daily]', 'plans: [shop-dayly]'],
    ],
    [
      'an unknown name server',
      `${steps}[5].server  no such name server; did you mean "dns"?`,
      'id: dns',
      ['record: shop', 'server: dms, record: shop'],
    ],
    [
      'an unknown zone',
      `${steps}[4].in  no such zone; did you mean "ams"?`,
      'id: deploy',
      ['overlays/dr], needs', 'overlays/dr], in: amz, needs'],
    ],
    [
      'an unknown tier',
      'runbooks.shop-failover.tier  no such tier',
      'tier: gold',
      ['    tier: critical', '    tier: gold'],
    ],
    [
      'an unknown source',
      'runbooks.shop-failover.protects[0]  no such source; did you mean "shop"?',
      'protects: [shoq]',
      ['    class: critical\n', '    class: critical\n    protects: [shoq]\n'],
    ],
    [
      'a drill done to what is promoted',
      `${steps}[3].drill.target  a drill would touch what is live: this is the server shop-standby, to which real runs are done`,
      'drill: { target',
      ['drill: { target: shop-lab }', 'drill: { target: shop-standby }'],
    ],
    [
      'a drill done to another live server by another name',
      `${steps}[3].drill.target  a drill would touch what is live: this is the server shop-primary`,
      'drill: { target',
      ['host: lab.internal', 'host: DB.internal'],
    ],
    [
      'a drill done to the server of a source',
      `${steps}[3].drill.target  a drill would touch what is live: this is the server of source other`,
      'drill: { target',
      [
        'sources:\n',
        'sources:\n  other: { kind: postgres, zone: ams, host: lab.internal, database: x, user: y }\n',
      ],
    ],
    [
      'a standby of itself',
      `${steps}[7].primary  a server can't be a standby of itself`,
      'id: back',
      nothingLost,
      step(`id: back, ${standby.replace('primary: shop-standby', 'primary: shop-primary')}`),
    ],
    [
      'a standby made nobody knows where',
      `${steps}[7].target  this server can't be made a standby: it has no \`directory\`; write its data directory`,
      'id: back',
      nothingLost,
      ['                  directory: /var/lib/postgresql/shop, replication', '                  replication'],
      step(`id: back, ${standby}`),
    ],
    [
      'a standby that nothing starts',
      `${steps}[7].target  this server can't be made a standby: it has no \`start\``,
      'id: back',
      nothingLost,
      [', start: { run: [systemctl, start, postgresql] }', ''],
      step(`id: back, ${standby}`),
    ],
    [
      'a name that no name server answers for',
      `${steps}[5].record  no name server of the policy answers for this name; define one`,
      'id: dns',
      ['record: shop.example.org', 'record: shop.example.net'],
    ],
    [
      'a name that several answer for',
      `${steps}[5].record  several name servers answer for this name; say which one: server: dns-2 or dns`,
      'id: dns',
      [
        'nameServers:\n',
        'nameServers:\n  dns-2: { zone: ams, host: ns2.example.org, domain: example.org }\n',
      ],
    ],
    [
      "a name outside its name server's domain",
      `${steps}[5].record  this name is not in example.org, and name server dns answers for that alone`,
      'id: dns',
      ['record: shop.example.org', 'server: dns, record: notexample.org'],
    ],
    [
      'a drill that changes the same name',
      `${steps}[5].drill.record  a drill would change the name that users come by`,
      'id: dns',
      ['value: dr.example.org', 'value: dr.example.org, drill: { record: shop.example.org }'],
    ],
    [
      'a name of a drill outside the domain',
      `${steps}[5].drill.record  no name server of the policy answers for this name`,
      'id: dns',
      ['value: dr.example.org', 'value: dr.example.org, drill: { record: shop.example.net }'],
    ],
    [
      'a value of another type',
      `${steps}[5].value  a record of type A holds an IPv4 address, and this is none`,
      'id: dns',
      ['record: shop.example.org,', 'record: shop.example.org, type: A,'],
    ],
    [
      'a value of no type',
      `${steps}[5].value  this is neither an address nor a name`,
      'id: dns',
      ['value: dr.example.org', 'value: dr example'],
    ],
    [
      'a name that leads to itself',
      `${steps}[5].value  this name would lead to itself`,
      'id: dns',
      ['value: dr.example.org', 'value: Shop.example.org.'],
    ],
    [
      'a CNAME in place of a domain',
      `${steps}[5].record  a domain's own name can't be a CNAME`,
      'id: dns',
      ['record: shop.example.org', 'record: example.org'],
    ],
    [
      'several deeds of kubectl in one step',
      `${steps}[7]  this step does several things; make a step of each`,
      'id: more',
      step(
        'id: more, do: kubectl, apply: { file: /a }, rollout: { resource: deployment/shop, namespace: shop }',
      ),
    ],
    [
      'kubectl without a deed',
      `${steps}[7]  this step does not say what kubectl does; write one of apply, scale and rollout`,
      'id: more',
      step('id: more, do: kubectl'),
    ],
    [
      'drills on a schedule, which are not there yet',
      'runbooks.shop-failover.drills  unknown key; rehearsals on a schedule come with a later version',
      'drills:',
      ['    class: critical\n', '    class: critical\n    drills: {}\n'],
    ],
    [
      'a runbook without a step',
      'runbooks.empty.steps  this runbook has no step',
      'empty:',
      ['runbooks:\n', 'runbooks:\n  empty: { steps: [] }\n'],
    ],
    [
      'a password in an address that is asked',
      `${steps}[7].url  a user, password or token is in this URL`,
      'id: verify',
      ['https://shop', 'https://me:secret@shop'],
    ],
    [
      'a resolver without a port',
      'nameServers.dns.resolvers[0]  this is no resolver; write host and port',
      'resolvers:',
      ['["192.0.2.53:53"]', '["192.0.2.53"]'],
    ],
    [
      'a key of a name server written out',
      'nameServers.dns.tsig.secret  a secret never stands in the policy',
      'tsig:',
      ['secret: { file: /run/secrets/tsig }', 'secret: aGVsbG8='],
    ],
  ])('%s', async (_what, said, line, ...changes) => {
    const problems = await refused(...changes);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.said).toContain(said);
    expect(problems[0]?.line).toContain(line);
    expect(problems[0]?.said).not.toContain('undefined');
  });

  it('a commander whom nobody is, though the policy does not name the role', async () => {
    const text = fullWith(
      ['roles: [incident-commander, approver]', 'roles: [approver]'],
      ['roles: [incident-commander] }', 'to: [a@example.org] }'],
      ['to: [ops@example.org], to:', 'to:'],
      [', escalate: incident-commander', ''],
      ['people:\n', 'runbooks: { x: { steps: [{ id: a, do: wait, for: 1m }] } }\npeople:\n'],
    );
    const [problem, ...others] = await problemsOf(text);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      path: 'runbooks.x',
      message: 'nobody holds the role incident-commander, and so nobody could lead this',
    });
  });

  it('one that Temporal would not take', async () => {
    const verifying = (count: number) =>
      Array.from(
        { length: count },
        (_, index) => `      - { id: s${index}, do: backups.verify, plans: [shop-daily] }\n`,
      );
    const large = (count: number): Change => [
      'runbooks:\n',
      `runbooks:\n  large:\n    steps:\n${verifying(count).join('')}`,
    ];
    expect(await refused(large(200))).toEqual([]);
    expect(await refused(large(450))).toMatchObject([
      {
        said: expect.stringContaining('runbooks.large  this runbook is too large to be started'),
        line: '  large:',
      },
    ]);
  });

  it('not that somebody has no key where names are trusted', async () => {
    const named: Change = ['    class: critical\n', '    class: critical\n    signatures: { real: named }\n'];
    const keyless: Change[] = [
      [`, sshKeys: [${keysDirectory}/dba-1.pub, ${keysDirectory}/dba-1-yubikey.pub]`, ''],
      [`secondFactor: [deletion, restore]\n`, ''],
      ['signatures: signed }', 'signatures: named }'],
    ];
    await expect(loadText(failoverWith(named, ...keyless))).resolves.toBeDefined();
  });
});
