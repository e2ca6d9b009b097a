import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import {
  policyTemplate,
  runbookTemplate,
  runbookTemplates,
  templateNamed,
  withRunbook,
} from '../../../policy/index.ts';
import { communicationsLeads, failoverWith } from './failover-support.ts';
import { full, loadText, printedProblems, smallest } from './support.ts';

describe('the templates of runbooks', () => {
  it('are the files of their folder', async () => {
    const files = await readdir(join(import.meta.dirname, '../../../policy/template/runbooks'));
    expect(files.sort()).toEqual(runbookTemplates.map((name) => `${name}.yaml`).sort());
  });

  it.each(runbookTemplates.map((name) => [name]))(
    '%s is right in a policy that has what it names',
    async (name) => {
      const policy = failoverWith(...communicationsLeads);
      const { policy: loaded, weaknesses } = await loadText(
        withRunbook(policy, name, await runbookTemplate(name, policy)),
      );
      const runbook = loaded.runbooks[name];
      expect(runbook?.say).not.toBe('');
      expect(runbook?.tier?.name).toBe('standard');
      expect(runbook?.steps[0]?.do).toBe('approve');
      expect(runbook?.steps.map(({ phase }) => phase)).toContain('return');
      expect(weaknesses).toEqual([]);
      expect(Object.keys(loaded.runbooks)).toEqual(['shop-failover', name]);
    },
  );

  it.each(runbookTemplates.map((name) => [name]))(
    '%s asks for what a small policy does not have, and no more',
    async (name) => {
      const problems = await printedProblems(
        withRunbook(smallest, name, await runbookTemplate(name, smallest)),
      );
      const asked =
        /no such (target|zone)|nobody holds the role (incident-commander|communications-lead)|no name server of the policy|every zone is lost|no worker is left/;
      for (const problem of problems) expect(problem).toMatch(asked);
    },
  );

  it('are in words of the policy, also of one that is not right yet', async () => {
    const text = await runbookTemplate(
      'site-loss',
      failoverWith(['kind: postgres, zone: ams, host: lab', 'kind: nonsense, zone: ams, host: lab']),
    );
    expect(text).toContain('lost: [fra]');
    expect(text).toContain('plans: [shop-daily], in: ams');
    expect(text).toContain('target: shop-primary');
    expect(text).toContain('record: service.example.org, value: service-ams.example.org');
    expect(text).not.toMatch(
      /(?<![A-Z])(TIER|LOST|LEFT|PLANS?|PRIMARY|STANDBY|SPARE|RECORD|VALUE|DATABASE)(?![A-Z])/,
    );
  });

  it('that tell people bring a communication plan, and leave one that is there', async () => {
    const policy = failoverWith(...communicationsLeads);
    const template = await runbookTemplate('ransomware', policy);
    const { policy: loaded } = await loadText(withRunbook(policy, 'ransomware', template));
    expect(loaded.runbooks.ransomware?.communication?.messages.map(({ audience }) => audience)).toEqual([
      'internal',
      ...['customers', 'customers', 'customers'],
      'vendors',
      'regulator',
    ]);
    const own = 'communication: { messages: {} }\n';
    expect(withRunbook(`${own}${policy}`, 'ransomware', template)).not.toContain(
      'Notification of a personal',
    );
    expect(withRunbook(policy, 'minor', await runbookTemplate('minor-disruption', null))).not.toContain(
      'communication:',
    );
  });

  it('are told by name, and a near one is meant', () => {
    expect(templateNamed('ransomware')).toBe('ransomware');
    expect(() => templateNamed('site-los')).toThrow(
      expect.objectContaining({ code: 'bad-usage', hint: 'Did you mean site-loss?' }),
    );
    expect(() => templateNamed('fire')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('There are site-loss, minor-disruption') }),
    );
  });
});

describe('a runbook written into a policy', () => {
  const block = '  new:\n    # why\n    steps:\n      - { id: a, do: wait, for: 1m }\n';
  const stepsOf = (text: string) => Object.keys(parse(text).runbooks);

  it.each<[what: string, before: string, after: string]>([
    ['without runbooks', 'version: 1\n', `version: 1\n\nrunbooks:\n${block}`],
    ['without an end of its last line', 'version: 1', `version: 1\n\nrunbooks:\n${block}`],
    ['with runbooks at its end', 'runbooks:\n  old: { a: 1 }\n', `runbooks:\n  old: { a: 1 }\n${block}`],
    [
      'with runbooks at its end, and no end of the line',
      'runbooks:\n  old: { a: 1 }',
      `runbooks:\n  old: { a: 1 }\n${block}`,
    ],
    [
      'with sections and comments behind them',
      'runbooks: # all\n  old:\n    a: 1 # one\n\n# then\naudit: { a: 1 }\n',
      `runbooks: # all\n  old:\n    a: 1 # one\n${block}\n# then\naudit: { a: 1 }\n`,
    ],
    ['with none yet', 'a: 1\nrunbooks: {} # none\nb: 2\n', `a: 1\nrunbooks:\n${block}b: 2\n`],
    ['with an empty section', 'a: 1\nrunbooks:\nb: 2\n', `a: 1\nrunbooks:\n${block}b: 2\n`],
    [
      'that is indented otherwise',
      'runbooks:\n    old:\n        a: 1\nb: 2\n',
      'runbooks:\n    old:\n        a: 1\n    new:\n      # why\n      steps:\n        - { id: a, do: wait, for: 1m }\nb: 2\n',
    ],
  ])('leaves all else as it was: a policy %s', (_what, before, after) => {
    expect(withRunbook(before, 'new', block)).toBe(after);
    expect(stepsOf(after)).toContain('new');
  });

  it('leaves the policies of these tests right', async () => {
    for (const policy of [full, failoverWith()]) {
      const text = withRunbook(policy, 'new', block.replace('# why', 'commander: dba'));
      expect((await loadText(text)).policy.runbooks.new?.commander).toBe('dba');
      expect(text.startsWith(policy.slice(0, 500))).toBe(true);
    }
    expect(parse(withRunbook(policyTemplate(), 'new', block)).runbooks.new).toBeDefined();
  });

  it.each([
    ['one of this name', 'runbooks:\n  new: {}\n', 'bad-usage', 'The policy has a runbook of this name'],
    ['runbooks on one line', 'runbooks: { old: {} }\n', 'bad-usage', 'stand on one line'],
    ['runbooks that are none', 'runbooks: 5\n', 'bad-usage', 'or are none'],
    ['no YAML', 'a: [\n', 'bad-policy', 'no YAML that could be added to'],
    ['a list', '- 1\n', 'bad-policy', 'no YAML that could be added to'],
  ])('is refused in %s', (_what, policy, code, message) => {
    expect(() => withRunbook(policy, 'new', block)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});
