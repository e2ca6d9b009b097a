/** What the demo's policy is filled with. */
export type PolicyFacts = {
  signingKey: string;
  signer: string;
  publicKey: string;
  privateKey: string;
  directory: string;
  s3: { endpoint: string; region: string; bucket: string };
  postgres: { host: string; port: number; passwordFile: string };
};

/** The demo's policy file: two zones, two copies on two media, one of them write-once at another site. */
export function policyText(facts: PolicyFacts): string {
  const { s3, postgres } = facts;
  return `version: 1
organization: Example BV
timezone: Europe/Amsterdam
residency: [EU]
zones:
  fra: { region: EU, site: de-fra1, signingKey: { file: ${facts.signingKey} } }
  ams: { region: EU, site: nl-ams1 }
signers: { worker-fra: ${facts.signer} }
keys:
  databases: { gpg: { recipients: [${facts.publicKey}], opens: { fra: { file: ${facts.privateKey} }, ams: { file: ${facts.privateKey} } } } }
repositories:
  local:   { kind: filesystem, path: ${facts.directory}, zone: fra }
  offsite: { kind: s3, bucket: ${s3.bucket}, region: ${s3.region}, endpoint: "${s3.endpoint}", zone: ams,
             lock: { mode: compliance, for: 1d }, credentials: { env: OFFSITE } }
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
    restoreTest: { schedule: "0 4 1 * *", recent: { table: orders, column: created_at } }
  billing-by-the-minute:
    source: billing
    schedule: { cron: "* * * * *", deadline: 1m }
    key: databases
    copies: [local, offsite]
    restoreTest: { schedule: "0 5 1 * *" }
`;
}
