import { describe, expect, it } from '@jest/globals';
import {
  type Change,
  expectRefusal,
  failoverWith,
  type Refusal,
  refused,
  steps,
} from './failover-support.ts';
import { fullWith, keysDirectory, loadText, problemsOf } from './support.ts';

describe('what is refused of a runbook', () => {
  it('is nothing of one that is right', async () => {
    expect(await refused()).toEqual([]);
  });

  it.each<Refusal>([
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
  ])('%s', (_what, said, line, ...changes) => expectRefusal(said, line, changes));

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
