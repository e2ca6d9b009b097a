import { expect } from '@jest/globals';
import { fullWith, problemsOf } from './support.ts';

/** Two servers, a name server, and a runbook that uses most actions: what fails over from fra to ams. */
export const failoverSections = `targets:
  shop-primary: { kind: postgres, zone: fra, host: db.internal, user: holdfast, ssl: require,
                  directory: /var/lib/postgresql/shop, replication: { user: replicator },
                  stop: { run: [systemctl, disable, --now, postgresql] }, start: { run: [systemctl, start, postgresql] },
                  cutOff: { zone: ams, command: { run: [/opt/cut-off, shop] }, undo: { run: [/opt/let-in, shop] } } }
  shop-standby: { kind: postgres, zone: ams, host: db.ams.internal, user: holdfast, ssl: require,
                  password: { file: /run/secrets/standby }, directory: /var/lib/postgresql/shop,
                  replication: { user: replicator } }
  shop-lab:     { kind: postgres, zone: ams, host: lab.internal, user: holdfast, ssl: require }
nameServers:
  dns: { zone: ams, host: ns.example.org, domain: example.org,
         tsig: { key: holdfast, secret: { file: /run/secrets/tsig } }, resolvers: ["192.0.2.53:53"] }
runbooks:
  shop-failover:
    say: The shop moves to Amsterdam
    class: critical
    tier: critical
    lost: [fra]
    steps:
      - { id: declare, do: approve, say: Declare the disaster }
      - { id: backups, do: backups.verify, plans: [shop-daily] }
      - { id: fence, do: postgres.fence, role: dba, target: shop-primary, needs: [declare] }
      - { id: promote, do: postgres.promote, role: dba, target: shop-standby, needs: [fence, backups], approve: true,
          drill: { target: shop-lab } }
      - { id: deploy, do: command, run: [kubectl, apply, -k, overlays/dr], needs: [promote],
          undo: { run: [kubectl, delete, -k, overlays/dr] } }
      - { id: dns, do: dns.update, record: shop.example.org, value: dr.example.org, needs: [deploy] }
      - { id: tell, do: notify, say: The shop is back, needs: [dns] }
      - { id: verify, do: http.check, url: "https://shop.example.org/health", needs: [dns] }
`;

const secondCommander: [string, string] = [
  'dba-2: { roles: [dba, approver, operator]',
  'dba-2: { roles: [dba, approver, operator, incident-commander]',
];

/** A policy with that runbook and without a weakness, with pieces of its text replaced, which must be there. */
export function failoverWith(...changes: [piece: string, replacement: string][]): string {
  return fullWith(secondCommander, ['people:\n', `${failoverSections}people:\n`], ...changes);
}

/** Two people who approve messages. */
export const communicationsLeads: Change[] = [
  ['operator, incident-commander]', 'operator, incident-commander, communications-lead]'],
  ['roles: [dba, approver], sshKeys', 'roles: [dba, approver, communications-lead], sshKeys'],
];

export type Change = [piece: string, replacement: string];

/** Every problem as `path  message; hint`, with the text of its line. */
export async function refused(...changes: Change[]): Promise<{ said: string; line: string }[]> {
  const text = failoverWith(...changes);
  const lines = text.split('\n');
  return (await problemsOf(text)).map(({ path, message, hint, line }) => ({
    said: `${path}  ${message}; ${hint}`,
    line: lines[line - 1] ?? '',
  }));
}

/** One thing that is refused, with the sentence and the line that it is told of, and what makes it wrong. */
export type Refusal = [what: string, said: string, line: string, ...changes: Change[]];

/** One problem and no other, told so. */
export async function expectRefusal(said: string, line: string, changes: Change[]): Promise<void> {
  const problems = await refused(...changes);
  expect(problems).toHaveLength(1);
  expect(problems[0]?.said).toContain(said);
  expect(problems[0]?.line).toContain(line);
  expect(problems[0]?.said).not.toContain('undefined');
}

/** Another step before `verify`. */
export const step = (written: string): Change => [
  '      - { id: verify',
  `      - { ${written} }\n      - { id: verify`,
];

/** The path of the runbook's steps. */
export const steps = 'runbooks.shop-failover.steps';

export const standby =
  'do: postgres.standby, target: shop-primary, primary: shop-standby, needs: [declare], in: fra';

export const nothingLost: Change = ['    lost: [fra]\n', ''];
