import { describe, it } from '@jest/globals';
import { expectRefusal, nothingLost, type Refusal, standby, step, steps } from './failover-support.ts';
import { keysDirectory } from './support.ts';

describe('what is refused of a runbook that would do harm, or could not be followed', () => {
  it.each<Refusal>([
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
  ])('%s', (_what, said, line, ...changes) => expectRefusal(said, line, changes));
});
