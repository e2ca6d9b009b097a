import { fullWith } from './support.ts';

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
