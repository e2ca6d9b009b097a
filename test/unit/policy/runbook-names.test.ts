import { describe, it } from '@jest/globals';
import { expectRefusal, nothingLost, type Refusal, standby, step, steps } from './failover-support.ts';

describe('what is refused of the servers and names that a runbook is about', () => {
  it.each<Refusal>([
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
      'a server for drills that nothing stops, and so nothing makes a standby again',
      `${steps}[3].drill.target  this server can't be made a standby: it has no \`stop\`; write the command that stops it, like stop: { run: [systemctl, stop, postgresql] }`,
      'drill: { target',
      [
        'host: lab.internal, user: holdfast',
        'host: lab.internal, user: holdfast, directory: /lab, start: { run: [lab] }',
      ],
      [
        'nameServers:\n',
        '  lab-2: { kind: postgres, zone: ams, host: lab-2.internal, user: holdfast, ssl: require }\nnameServers:\n',
      ],
      ['drill: { target: shop-lab }', 'drill: { target: shop-lab, primary: lab-2 }'],
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
  ])('%s', (_what, said, line, ...changes) => expectRefusal(said, line, changes));
});
