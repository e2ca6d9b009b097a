import { describe, expect, it } from '@jest/globals';
import { fullWith, keysDirectory, loadText, printedProblems, smallest, smallestWith } from './support.ts';

const deletion = 'deletion: { approvals: 2, role: approver, delay: 24h, expires: 7d, signatures: signed }';
const yubikey = `, ${keysDirectory}/dba-1-yubikey.pub`;

describe('people', () => {
  it('have roles, addresses and their public keys as text, hardware-backed ones too', async () => {
    const { policy } = await loadText(fullWith());
    expect(policy.people).toMatchObject([
      { name: 'commander-1', roles: ['incident-commander', 'approver'], email: 'commander-1@example.org' },
      {
        name: 'dba-1',
        roles: ['dba', 'approver'],
        sshKeys: [
          expect.stringMatching(/^ssh-ed25519 AAAA\S+$/),
          expect.stringMatching(/^sk-ssh-ed25519@openssh\.com AAAA\S+$/),
        ],
      },
      { name: 'dba-2' },
    ]);
    expect(policy.people[1]).not.toHaveProperty('email');
  });

  it('need no key where nobody signs', async () => {
    const somebody = smallestWith('plans:', 'people: { ops: { roles: [operator] } }\nplans:');
    expect((await loadText(somebody)).policy.people).toEqual([
      { name: 'ops', roles: ['operator'], sshKeys: [] },
    ]);
  });
});

describe('the rule of deletion', () => {
  it('is there although the policy says nothing', async () => {
    const { policy } = await loadText(smallest);
    expect(policy.people).toEqual([]);
    expect(policy.deletion).toEqual({
      approvals: 2,
      role: 'approver',
      delay: 86_400,
      expires: 7 * 86_400,
      signatures: 'signed',
      secondFactor: false,
    });
  });

  it('is what the policy says, and has defaults for what it does not', async () => {
    const { policy } = await loadText(
      fullWith([deletion, 'deletion: { approvals: 1, role: dba, delay: 2h }']),
    );
    expect(policy.deletion).toEqual({
      approvals: 1,
      role: 'dba',
      delay: 7200,
      expires: 7 * 86_400,
      signatures: 'signed',
      secondFactor: true,
    });
  });
});

describe('a second factor', () => {
  it('of backups goes into each plan, with those who have one', async () => {
    const { policy } = await loadText(fullWith(['[deletion, restore]', '[backup]']));
    expect(policy.secondFactor).toEqual(['backup']);
    expect(policy.plans['shop-daily']?.secondFactor?.map(({ name }) => name)).toEqual(['dba-1']);
    expect(policy.deletion.secondFactor).toBe(false);
  });

  it('of other things does not', async () => {
    const { policy } = await loadText(fullWith());
    expect(policy.secondFactor).toEqual(['deletion', 'restore']);
    expect(policy.plans['shop-daily']).not.toHaveProperty('secondFactor');
  });
});

describe('what is refused of people', () => {
  it.each<[string, string, [string, string][]]>([
    [
      'a role of approvers that nobody holds',
      'deletion.role  nobody holds this role; did you mean "approver"?',
      [['role: approver,', 'role: aprover,']],
    ],
    [
      'a role of attaching that nobody holds',
      'repositories.safe.attach.role  nobody holds this role; did you mean "operator"?',
      [['role: operator', 'role: operators']],
    ],
    [
      'a role of escalation that nobody holds',
      'repositories.safe.attach.escalate  nobody holds this role; give it to somebody under `people`',
      [['escalate: incident-commander', 'escalate: boss']],
    ],
    [
      'fewer approvers than approvals',
      'deletion.approvals  4 must approve and 3 hold role approver: nothing could ever be deleted',
      [['approvals: 2', 'approvals: 4']],
    ],
    [
      'no approver at all for the default role',
      'deletion.approvals  2 must approve and 0 hold role approver',
      [
        [', approver], email', '], email'],
        [', approver], ssh', '], ssh'],
        [', approver, operator', ', operator'],
        ['role: approver, delay', 'delay'],
      ],
    ],
    [
      'an approver who cannot sign',
      'people.dba-2  deletions are approved with a signature, and this approver has no sshKeys to sign with',
      [[`, sshKeys: [${keysDirectory}/dba-2.pub]`, '']],
    ],
    [
      'a second factor that nobody has',
      'secondFactor  nobody holds a hardware-backed key, so nobody could start these; make one with `ssh-keygen -t ed25519-sk',
      [[yubikey, '']],
    ],
    [
      'a key of two people',
      'people.dba-2.sshKeys[0]  this key already is here for commander-1; give each person keys of their own',
      [['dba-2.pub', 'commander-1.pub']],
    ],
    [
      'a key twice',
      'people.dba-1.sshKeys[1]  this key already is here for dba-1',
      [[yubikey, `${yubikey.replace('-yubikey', '')}${yubikey}`]],
    ],
    [
      "a worker's key",
      'people.dba-2.sshKeys[0]  this key already signs for signer fra',
      [['dba-2.pub', 'worker.pub']],
    ],
    [
      'a key that is not there',
      "people.dba-1.sshKeys[1]  this public key file can't be read",
      [['dba-1-yubikey.pub', 'nowhere.pub']],
    ],
    [
      'somebody without a role',
      'people.idle.roles  this person has no role; name one, like approver',
      [['people:\n', 'people:\n  idle: { roles: [] }\n']],
    ],
    [
      'an address',
      'people.commander-1.email  this is no e-mail address',
      [['commander-1@example.org', 'me']],
    ],
    ['a list without keys', 'people.dba-2.sshKeys  this list is empty', [[`${keysDirectory}/dba-2.pub`, '']]],
    [
      'a second factor named twice',
      'secondFactor[1]  this is named twice; name each once',
      [['[deletion, restore]', '[deletion, deletion]']],
    ],
    ['an empty second factor', 'secondFactor  this list is empty', [['[deletion, restore]', '[]']]],
    [
      'a second factor of what has none',
      'secondFactor[0]  expected backup, restore or deletion; did you mean "deletion"?',
      [['[deletion, restore]', '[deletions]']],
    ],
    ['no approvals', 'deletion.approvals  this is too small; at least 1', [['approvals: 2', 'approvals: 0']]],
  ])('%s', async (_name, sentence, changes) => {
    const problems = await printedProblems(fullWith(...changes));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`  ${sentence}`);
  });

  it('a private key, which is never repeated', async () => {
    const key = '-----BEGIN OPENSSH PRIVATE KEY-----\\nhunter2\\n-----END OPENSSH PRIVATE KEY-----';
    const problems = await printedProblems(fullWith([`${keysDirectory}/dba-2.pub`, `"${key}"`]));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('people.dba-2.sshKeys[0]  this is a PRIVATE key');
    expect(problems[0]).not.toContain('hunter2');
  });

  it('is not told of a role that somebody holds whose own entry is wrong', async () => {
    const problems = await printedProblems(
      fullWith(
        ['approvals: 2', 'approvals: 3'],
        ['roles: [dba, approver, operator]', 'roles: [approver, operator], e: 1'],
      ),
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('people.dba-2.e  unknown key');
  });
});
