import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LoadedPolicy, loadPolicy } from '../../../policy/load.ts';
import { formatProblem, PolicyError, type Problem } from '../../../policy/problem.ts';

/** Public keys made for these tests only; nobody has the private ones. */
export const keysDirectory = join(import.meta.dirname, 'fixtures', 'keys');

/** The smallest policy that is complete. */
export const smallest = `version: 1
organization: Example BV
zones:
  home: { region: EU, site: home, signingKey: { file: /etc/holdfast/signing } }
signers: { home: ${keysDirectory}/worker.pub }
keys:
  databases: { gpg: { recipients: [${keysDirectory}/databases.asc], opens: { home: { file: /run/secrets/databases.asc } } } }
repositories:
  local: { kind: filesystem, path: /backups, zone: home }
sources:
  shop: { kind: postgres, zone: home, host: localhost, database: shop, user: backup }
plans:
  shop-daily: { source: shop, schedule: "0 2 * * *", key: databases, copies: [local] }
`;

/** Loads a policy given as text, from a file in a directory of its own. */
export async function loadText(text: string | Uint8Array): Promise<LoadedPolicy> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-policy-'));
  try {
    const path = join(directory, 'policy.yaml');
    await writeFile(path, text);
    return await loadPolicy(path);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** The weaknesses of a policy given as text, as `path id`. */
export async function weaknesses(text: string): Promise<string[]> {
  const { weaknesses: found } = await loadText(text);
  return found.map(({ id, path }) => `${path} ${id}`);
}

/** The problems of a policy given as text; empty when it loads. */
export async function problemsOf(text: string | Uint8Array): Promise<Problem[]> {
  try {
    await loadText(text);
    return [];
  } catch (error) {
    if (error instanceof PolicyError) return [...error.problems];
    throw error;
  }
}

/** The problems as `line:column  path  message; hint`, without the file's name. */
export async function printedProblems(text: string | Uint8Array): Promise<string[]> {
  const problems = await problemsOf(text);
  return problems.map((problem) => formatProblem({ ...problem, file: 'policy.yaml' }));
}

/** The smallest policy with one piece of its text replaced, which must be there. */
export function smallestWith(piece: string, replacement: string): string {
  if (!smallest.includes(piece)) throw new Error(`the smallest policy has no ${piece}`);
  return smallest.replace(piece, () => replacement);
}

/** A policy that uses every section, and has no weakness. */
export const full = `version: 1
organization: Example BV
timezone: Europe/Amsterdam
residency: [EU]
zones:
  fra: { region: EU, site: de-fra1, signingKey: { file: /etc/holdfast/signing } }
  ams: { region: EU, site: nl-ams1 }
signers:
  fra: ${keysDirectory}/worker.pub
keys:
  databases: { gpg: { recipients: [${keysDirectory}/databases.asc], opens: { ams: { file: /run/secrets/databases.asc }, fra: { file: /run/secrets/fra.asc } } } }
repositories:
  local:   { kind: filesystem, path: /backups, zone: fra, medium: disk }
  offsite: { kind: s3, bucket: ge-backups, region: nl-ams1, zone: ams, medium: object, lock: compliance,
             credentials: { env: OFFSITE }, deleteCredentials: { env: OFFSITE_DELETE } }
  archive: { kind: s3, bucket: ge-archive, region: nl-ams1, zone: ams, lock: compliance }
  log:     { kind: s3, bucket: ge-log, region: nl-ams1, zone: ams, lock: governance }
  safe:    { kind: filesystem, path: /mnt/safe, zone: fra, online: manual, schedule: "0 10 * * 6",
             attach: { role: operator, remind: 4h, escalate: incident-commander, patience: 7d } }
retention:
  gfs: { daily: 30d, weekly: 12w, monthly: 12m, yearly: 7y, anchors: { weekly: sunday, monthly: 1, yearly: 01-01 },
         schedule: "0 3 * * 0",
         storage: { monthly: { storageClass: STANDARD_IA }, yearly: { repository: archive, storageClass: DEEP_ARCHIVE } } }
  secrets: { flat: 7y }
tiers:
  critical: { rpo: 1h, rto: 1h }
  standard: { rpo: 24h, rto: 4h }
sources:
  shop: { kind: postgres, zone: fra, tier: standard, host: db.internal, database: shop, user: backup,
          password: { file: /run/secrets/shop } }
plans:
  shop-daily:
    source: shop
    schedule: { cron: "0 2 * * *", jitter: 5m, deadline: 2h }
    key: databases
    copies: [local, offsite, safe]
    retention: gfs
    restoreTest:
      schedule: { cron: "0 4 1 * *" }
      pick: random 30d
      recent: { table: orders, column: created_at }
      smoke: ["select count(*) > 0 from orders"]
    ping: { url: { file: /run/secrets/watcher } }
people:
  commander-1: { roles: [incident-commander, approver], email: commander-1@example.org, sshKeys: [${keysDirectory}/commander-1.pub] }
  dba-1: { roles: [dba, approver], sshKeys: [${keysDirectory}/dba-1.pub, ${keysDirectory}/dba-1-yubikey.pub] }
  dba-2: { roles: [dba, approver, operator], sshKeys: [${keysDirectory}/dba-2.pub] }
deletion: { approvals: 2, role: approver, delay: 24h, expires: 7d, signatures: signed }
secondFactor: [deletion, restore]
audit: { repository: log }
checks: { copies: { schedule: "0 6 * * 1" } }
notifications:
  mail: { host: mail.example.org, from: holdfast@example.org, user: holdfast, password: { env: MAIL } }
  channels:
    ops: { kind: email, to: [ops@example.org], roles: [incident-commander] }
    chat: { kind: slack, url: { env: CHAT } }
  routes:
    - { severity: critical, to: [ops, chat], repeat: 4h, escalate: [{ after: 30m, to: [chat] }] }
    - { to: [ops] }
prices: { currency: EUR, asOf: 2026-11-01, perGiB: { offsite: 0.02, DEEP_ARCHIVE: 0.001 }, budget: 100 }
`;

/** The full policy with pieces of its text replaced, which must be there. */
export function fullWith(...changes: [piece: string, replacement: string][]): string {
  return changes.reduce((text, [piece, replacement]) => {
    if (!text.includes(piece)) throw new Error(`the full policy has no ${piece}`);
    return text.replace(piece, () => replacement);
  }, full);
}
