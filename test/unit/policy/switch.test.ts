import { describe, expect, it } from '@jest/globals';
import { fullWith, loadText, printedProblems } from './support.ts';

const withSwitch = (written: string, ...others: [string, string][]) =>
  fullWith(['user: backup,', `user: backup, switch: ${written},`], ...others);

describe('the switch of a source', () => {
  it('needs a role that may rename, and no more', async () => {
    const { policy } = await loadText(withSwitch('{ user: admin }'));
    expect(policy.sources.shop?.switch).toEqual({
      user: 'admin',
      approvals: 1,
      role: 'dba',
      signatures: 'signed',
      expires: 86_400,
    });
    expect(policy.plans['shop-daily']?.source.switch).toEqual(policy.sources.shop?.switch);
  });

  it('stops services before and starts them after', async () => {
    const { policy } = await loadText(
      withSwitch(
        '{ user: admin, password: { env: ADMIN }, quiesce: { run: [systemctl, stop, shop], timeout: 2m }, resume: { run: [systemctl, start, shop] } }',
      ),
    );
    expect(policy.sources.shop?.switch).toMatchObject({
      password: { env: 'ADMIN' },
      quiesce: { run: ['systemctl', 'stop', 'shop'], timeout: 120, secrets: {} },
      resume: { run: ['systemctl', 'start', 'shop'], timeout: 300, secrets: {} },
    });
  });

  it.each<[string, string, string, [string, string][]]>([
    [
      'nothing that starts again what is stopped',
      'sources.shop.switch.quiesce  nothing would start again what this stops; add `resume`',
      '{ user: admin, quiesce: { run: [stop] } }',
      [],
    ],
    [
      'nothing that is stopped',
      'sources.shop.switch.resume  nothing is stopped that this could start again',
      '{ user: admin, resume: { run: [start] } }',
      [],
    ],
    [
      'a role that nobody holds',
      'sources.shop.switch.role  nobody holds this role; did you mean "dba"?',
      '{ user: admin, role: dbas }',
      [],
    ],
    [
      'fewer holders than approvals',
      'sources.shop.switch.approvals  3 must approve and 2 hold role dba: nothing could ever be switched',
      '{ user: admin, approvals: 3 }',
      [],
    ],
    [
      'a holder without a key to sign with',
      'people.dba-3  a switch is approved with a signature, and this dba has no sshKeys to sign with',
      '{ user: admin }',
      [['deletion:', '  dba-3: { roles: [dba] }\ndeletion:']],
    ],
  ])('is refused with %s', async (_name, sentence, written, others) => {
    const problems = await printedProblems(withSwitch(written, ...others));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(sentence);
  });

  it('asks for no keys where names are trusted', async () => {
    const trusting = withSwitch('{ user: admin, signatures: named }', [
      'deletion:',
      '  dba-3: { roles: [dba] }\ndeletion:',
    ]);
    expect(await printedProblems(trusting)).toEqual([]);
  });
});
