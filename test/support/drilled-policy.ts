import type { Lab } from '../../tools/lab/lab.ts';

/**
 * Sections of a policy with one runbook, whose full drill its owner has written down: what is expected, and surprises.
 *
 * @param day of the month on which it is held
 */
export async function drilledPolicy(
  lab: Lab,
  { hook, day }: { hook: string; day: number },
): Promise<Record<string, unknown>> {
  return {
    timezone: 'Europe/Amsterdam',
    zones: { ams: { region: 'EU', site: 'nl-ams1', signingKey: { file: lab.signing.privateFile } } },
    signers: { 'worker-ams': lab.signing.publicFile },
    people: {
      one: { roles: ['incident-commander'] },
      two: { roles: ['incident-commander', 'ops'] },
      three: { roles: ['ops'] },
    },
    checks: { zone: 'ams' },
    notifications: { channels: { hook: { kind: 'webhook', url: hook } } },
    repositories: {
      offsite: {
        kind: 'filesystem',
        path: await lab.repositoryPath('offsite'),
        zone: 'ams',
        keepFree: '1MiB',
      },
      audit: {
        kind: 'filesystem',
        path: await lab.repositoryPath('audit'),
        zone: 'ams',
        keepFree: '1MiB',
      },
    },
    audit: { repository: 'audit' },
    keys: {},
    sources: {},
    plans: {},
    runbooks: {
      move: {
        say: 'The shop moves',
        zone: 'ams',
        signatures: { real: 'named' },
        cooldown: '0s',
        steps: [
          { id: 'declare', do: 'approve', say: 'Declare it' },
          {
            id: 'deploy',
            do: 'command',
            run: ['true'],
            drill: { run: ['true'] },
            needs: ['declare'],
            role: 'ops',
          },
        ],
        drills: {
          monthly: {
            kind: 'full',
            // In UTC's day of the month, at noon: no clock change moves it over midnight.
            schedule: `30 12 ${day} * *`,
            owner: 'one',
            expect: ['The shop is deployed within a minute', 'Somebody tries again'],
            inject: [{ fail: 'deploy' }, { absent: 'three' }],
          },
        },
      },
    },
  };
}
