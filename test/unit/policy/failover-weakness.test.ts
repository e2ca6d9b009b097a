import { describe, expect, it } from '@jest/globals';
import type { WeaknessId } from '../../../policy/weakness/index.ts';
import { failoverWith } from './failover-support.ts';
import { weaknesses as weaknessesOf } from './support.ts';

const weaknesses = (...changes: [string, string][]) => weaknessesOf(failoverWith(...changes));

const steps = 'runbooks.shop-failover.steps';

describe('a runbook', () => {
  it('has no weakness where all is there', async () => {
    expect(await weaknesses()).toEqual([]);
  });

  it.each<[id: WeaknessId, path: string, ...changes: [string, string][]]>([
    ['one-person-role', 'runbooks.shop-failover', ['operator, incident-commander]', 'operator]']],
    [
      'unsigned-approvals',
      'runbooks.shop-failover.signatures.real',
      ['    class: critical\n', '    class: critical\n    signatures: { real: named }\n'],
    ],
    [
      'unchecked-recovery',
      steps,
      ['do: http.check, url: "https://shop.example.org/health"', 'do: manual, say: Look'],
    ],
    [
      'fenced-by-word',
      `${steps}[2]`,
      [
        '                  cutOff: { zone: ams, command: { run: [/opt/cut-off, shop] }, undo: { run: [/opt/let-in, shop] } } }',
        '                  }',
      ],
    ],
    [
      'fenced-by-word',
      `${steps}[2]`,
      ['cutOff: { zone: ams', 'cutOff: { zone: fra'],
      ['    lost: [fra]\n', ''],
      ['stop: { run: [systemctl, disable, --now, postgresql] }, ', ''],
      ['target: shop-primary, needs', 'target: shop-primary, in: ams, needs'],
    ],
    ['no-undo', `${steps}[4]`, [',\n          undo: { run: [kubectl, delete, -k, overlays/dr] } }', ' }']],
    [
      'unsigned-dns-updates',
      'nameServers.dns',
      ['tsig: { key: holdfast, secret: { file: /run/secrets/tsig } }, ', ''],
    ],
    [
      'unverified-connection',
      'targets.shop-lab.ssl',
      ['host: lab.internal, user: holdfast, ssl: require', 'host: lab.internal, user: holdfast, ssl: prefer'],
    ],
    [
      'key-in-repository',
      'targets.shop-standby.password',
      ['path: /backups, zone: fra', 'path: /backups, zone: ams'],
      ['/run/secrets/standby', '/backups/standby'],
    ],
    [
      'key-in-repository',
      'nameServers.dns.tsig.secret',
      ['path: /backups, zone: fra', 'path: /backups, zone: ams'],
      ['/run/secrets/tsig', '/backups/tsig'],
    ],
    [
      'key-in-repository',
      `${steps}[4].secrets.TOKEN`,
      ['path: /backups, zone: fra', 'path: /backups, zone: ams'],
      ['overlays/dr], needs', 'overlays/dr], secrets: { TOKEN: { file: /backups/token } }, needs'],
    ],
    [
      'fenced-by-word',
      `${steps}[2].drill.target`,
      ['target: shop-primary, needs', 'target: shop-primary, drill: { target: shop-lab }, needs'],
    ],
  ])('is weak: %s at %s', async (id, path, ...changes) => {
    expect(await weaknesses(...changes)).toEqual([`${path} ${id}`]);
  });

  it('wants no undo of a command that only looks', async () => {
    const looking: [string, string] = [
      'overlays/dr], needs: [promote],\n          undo: { run: [kubectl, delete, -k, overlays/dr] } }',
      'overlays/dr], needs: [promote], phase: validate }',
    ];
    expect(await weaknesses(looking)).toEqual([]);
  });
});
