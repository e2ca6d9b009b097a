import type { KeyFiles } from '../lab/keys.ts';

/** Who plays in the demo: erin asks, frank and grace approve. */
export type Player = 'erin' | 'frank' | 'grace';

export const buckets = { backups: 'example-backups', archive: 'example-archive', audit: 'example-audit' };

/** What the demo's policy is filled with. */
export type PolicyFacts = {
  /** SSH keys of the zones' workers. */
  workers: Record<'fra' | 'ams', KeyFiles>;
  /** SSH keys of the people. */
  people: Record<Player, KeyFiles>;
  publicKey: string;
  privateKey: string;
  directory: string;
  s3: { endpoint: string; region: string };
  /** Where the team's chat takes messages. */
  chat: string;
  postgres: { host: string; port: number; passwordFile: string };
};

/** What fails over to where. */
export type SiteFacts = {
  primary: DemoTarget;
  standby: DemoTarget;
  dns: { host: string; port: number; domain: string; key: string; secretFile: string };
  /** The service in ams, which answers only while its database takes writes. */
  service: { address: string; url: string };
};

type DemoTarget = { host: string; port: number; user: string; passwordFile: string };

/**
 * The demo's policy file: two zones, two copies on two media, one of them write-once at another site; a history that is
 * thinned out into an archive; deletions that two people approve; an audit log apart from it all.
 */
export function policyText(facts: PolicyFacts): string {
  const { s3, postgres, workers, people } = facts;
  const service = `kind: s3, region: ${s3.region}, endpoint: "${s3.endpoint}", zone: ams, credentials: { env: OFFSITE }`;
  return `version: 1
organization: Example BV
timezone: Europe/Amsterdam
residency: [EU]
zones:
  fra: { region: EU, site: de-fra1, signingKey: { file: ${workers.fra.privateFile} } }
  ams: { region: EU, site: nl-ams1, signingKey: { file: ${workers.ams.privateFile} } }
signers: { worker-fra: ${workers.fra.publicFile}, worker-ams: ${workers.ams.publicFile} }
people:
  erin:  { roles: [dba, approver], sshKeys: [${people.erin.publicFile}] }
  frank: { roles: [approver, incident-commander], sshKeys: [${people.frank.publicFile}] }
  grace: { roles: [approver, dba, network], sshKeys: [${people.grace.publicFile}] }
keys:
  databases: { gpg: { recipients: [${facts.publicKey}], opens: { fra: { file: ${facts.privateKey} }, ams: { file: ${facts.privateKey} } } } }
repositories:
  local:     { kind: filesystem, path: ${facts.directory}, zone: fra }
  offsite:   { ${service}, bucket: ${buckets.backups}, lock: compliance }
  archive:   { ${service}, bucket: ${buckets.archive}, deleteCredentials: { env: OFFSITE_DELETE } }
  audit-log: { ${service}, bucket: ${buckets.audit}, lock: compliance }
retention:
  thinned: { daily: 7d, weekly: 4w, monthly: 6m, storage: { monthly: { repository: archive } } }
deletion: { approvals: 2, role: approver, delay: 2s }
audit: { repository: audit-log }
checks: { zone: ams }
notifications:
  channels: { chat: { kind: slack, url: "${facts.chat}" } }
  routes: [{ severity: [critical, warning], to: [chat], repeat: 4h }]
tiers:
  critical: { rpo: 24h, rto: 1h }
sources:
  shop:    { kind: postgres, zone: fra, tier: critical, host: ${postgres.host}, port: ${postgres.port}, database: shop,
             user: backup, password: { file: ${postgres.passwordFile} }, fingerprint: checksums }
  billing: { kind: postgres, zone: fra, tier: critical, host: ${postgres.host}, port: ${postgres.port}, database: billing,
             user: backup, password: { file: ${postgres.passwordFile} } }
plans:
  shop-daily:
    source: shop
    schedule: { cron: "0 2 * * *", jitter: 5m, deadline: 2h }
    key: databases
    copies: [local, offsite]
    retention: thinned
    restoreTest:
      schedule: "0 4 1 * *"
      pick: untested
      zone: fra
      recent: { table: orders, column: created_at }
      smoke: ["select count(*) > 0 from orders", "select max(created_at) > now() - interval '1 day' from orders"]
  billing-by-the-minute:
    source: billing
    schedule: { cron: "* * * * *", deadline: 1m }
    key: databases
    copies: [local, offsite]
    retention: thinned
    restoreTest: { schedule: "0 5 1 * *" }
`;
}

/** The rest of it: the servers that stand by for each other, and the runbook that survives the loss of fra. */
export function runbookText({ primary, standby, dns, service }: SiteFacts): string {
  const target = ({ host, port, user, passwordFile }: DemoTarget) =>
    `host: ${host}, port: ${port}, user: ${user}, password: { file: ${passwordFile} }, database: shop`;
  return `targets:
  shop-primary: { kind: postgres, zone: fra, ${target(primary)} }
  shop-standby: { kind: postgres, zone: ams, ${target(standby)} }
nameServers:
  example: { zone: ams, host: ${dns.host}, port: ${dns.port}, domain: ${dns.domain}, tsig: { key: ${dns.key}, secret: { file: ${dns.secretFile} } } }
runbooks:
  shop-failover:
    say: The site fra is lost, and the shop goes on in ams.
    class: critical
    tier: critical
    lost: [fra]
    zone: ams
    steps:
      - { id: declare, do: approve, say: Declare the site fra lost? }
      - { id: backups, do: backups.verify, in: ams, plans: [shop-daily] }
      - { id: fence, do: postgres.fence, role: dba, target: shop-primary, needs: [declare] }
      - { id: promote, do: postgres.promote, role: dba, target: shop-standby, needs: [fence, backups], approve: true }
      - { id: dns, do: dns.update, role: network, record: shop.${dns.domain}, value: ${service.address}, ttl: 5s, needs: [promote], drill: { record: drill.${dns.domain} } }
      - { id: serving, do: http.check, url: "${service.url}", needs: [dns] }
      - { id: orders, do: sql.check, role: dba, target: shop-standby, queries: ["select count(*) > 0 from orders"], needs: [promote] }
`;
}
