import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { messageFacts } from '../../../policy/resolved-communication.ts';
import { expectOnlyProblem, sections, withPlan } from './communication-support.ts';
import { type Change, communicationsLeads, failoverWith, type Refusal, steps } from './failover-support.ts';
import { loadText, problemsOf } from './support.ts';

describe('the communication plan', () => {
  it('is resolved into steps and runbooks, with the channels that it uses', async () => {
    const { policy, weaknesses } = await loadText(withPlan());
    expect(weaknesses).toEqual([]);
    const book = policy.runbooks['shop-failover'];
    expect(book?.steps.find(({ id }) => id === 'say')).toMatchObject({
      do: 'communicate',
      role: 'communications-lead',
      approve: true,
      phase: 'prepare',
      zone: 'ams',
      message: { name: 'customers-begin', audience: 'customers', moment: 'declare', channel: 'pages' },
    });
    expect(book?.communication).toMatchObject({
      drill: 'lab',
      messages: [{}, { channel: null }, { role: 'dba', within: 72 * 3600 }, {}],
    });
    expect(book?.communication?.rules.channels.map(({ name }) => name)).toEqual(['pages', 'lab']);
    expect(book?.communication?.rules.mail).toBeUndefined();
  });

  it('changes the version of a runbook only by the messages of its steps', async () => {
    const version = async (...changes: Change[]) =>
      (await loadText(withPlan(...changes))).policy.runbooks['shop-failover']?.version;
    const before = await version();
    expect(await version(['subject: Over', 'subject: Done'])).toBe(before);
    expect(await version(['https://status.example.org/hook', 'https://other.example.org/hook'])).toBe(before);
    expect(await version(['is disturbed', 'is down'])).not.toBe(before);
  });

  it.each<Refusal>([
    [
      'a fact that no run knows, with the nearest one',
      'communication.messages.customers-begin.text  a run knows no fact of the name in braces; did you mean "service"?',
      'Since',
      [`\${declared} \${service} does`, `\${declared} \${servise} does`],
    ],
    [
      'a fact that is nothing like one, with all that there are',
      'communication.messages.customers-news.subject  a run knows no fact of the name in braces; known here: organization, service,',
      'customers-news',
      ['subject: News', `subject: "\${x}"`],
    ],
    [
      'a channel that there is not',
      'communication.messages.customers-begin.channel  no such channel; did you mean "pages"?',
      'customers-begin',
      ['channel: pages', 'channel: pagse'],
    ],
    [
      'a channel for drills that there is not',
      'communication.drill  no such channel; did you mean "lab"?',
      'drill: lap',
      ['drill: lab', 'drill: lap'],
    ],
    [
      'a channel for drills that real messages go through',
      'communication.drill  a drill would reach whom the message customers-begin is for: it goes through this channel',
      'drill: pages',
      ['drill: lab', 'drill: pages'],
    ],
    [
      'an audience that there is not',
      'communication.messages.customers-news.audience  expected internal, customers, vendors or regulator; did you mean "customers"?',
      'customers-news',
      ['customers-news:  { audience: customers', 'customers-news:  { audience: custmers'],
    ],
    [
      'a moment that there is not',
      'communication.messages.customers-end.when  expected declare, update or close; did you mean "close"?',
      'customers-end',
      ['when: close', 'when: closed'],
    ],
    [
      'a role that nobody holds',
      'communication.messages.regulator.role  nobody holds this role; did you mean "dba"?',
      'regulator',
      ['role: dba, subject', 'role: dbas, subject'],
    ],
    [
      'a plan that nobody could approve, though it does not name the role',
      'communication  nobody holds the role communications-lead, and so nobody could approve its messages; give it to somebody',
      'communication:',
      ['incident-commander, communications-lead]', 'incident-commander]'],
      ['roles: [dba, approver, communications-lead], sshKeys', 'roles: [dba, approver], sshKeys'],
    ],
    [
      'a plan without a message',
      'communication.messages  this plan has no message',
      'messages: {}',
      [sections.slice(0, sections.indexOf('disasters:')), 'communication: { drill: lab, messages: {} }\n'],
      ['      - { id: say, do: communicate, message: customers-begin, needs: [declare] }\n', ''],
    ],
    [
      'a step with a message that there is not',
      `${steps}[7].message  no such message; did you mean "customers-begin"?`,
      'id: say',
      ['message: customers-begin', 'message: customer-begin'],
    ],
    [
      'a step with a message that a person completes',
      `${steps}[7].message  this message has the fact note, which a person gives, and no step can`,
      'id: say',
      ['message: customers-begin', 'message: customers-news'],
    ],
    [
      'recovery that waits for a message',
      `${steps}[8].needs[1]  this step would wait until a message is approved and sent, and recovery waits for no message`,
      'id: verify',
      ['/health", needs: [dns] }', '/health", needs: [dns, say] }'],
    ],
    [
      'recovery that waits for what comes after a message',
      `${steps}[9].needs[1]  this step would wait until a message is approved and sent`,
      'id: verify',
      [
        '      - { id: verify',
        '      - { id: later, do: manual, say: x, phase: return, needs: [say] }\n      - { id: verify',
      ],
      ['/health", needs: [dns] }', '/health", needs: [dns, later] }'],
    ],
    [
      'an approver of messages who can not sign',
      'people.speaker  runbook shop-failover is decided with signatures, and this communications-lead has no sshKeys',
      'speaker',
      ['people:\n', 'people:\n  speaker: { roles: [communications-lead] }\n'],
    ],
  ])('refuses %s', async (_what, said, line, ...changes) => {
    await expectOnlyProblem(withPlan(...changes), said, line);
  });

  it('may be of messages alone that come last', async () => {
    const text = withPlan([
      '      - { id: verify',
      '      - { id: later, do: manual, say: x, phase: return, needs: [say] }\n      - { id: verify',
    ]);
    expect(await problemsOf(text)).toEqual([]);
  });
});

describe('docs/communication.md', () => {
  it('shows a plan, disasters and steps that are right', async () => {
    const page = await readFile(join(import.meta.dirname, '../../../docs/communication.md'), 'utf8');
    const [shown = '', steps = ''] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text);
    const { policy } = await loadText(
      failoverWith(
        ...communicationsLeads,
        ['people:\n', `${shown.replaceAll('runbook: shop', 'runbook: shop-failover')}people:\n`],
        [
          '    chat: { kind: slack',
          '    status-page: { kind: webhook, url: "https://status.example.org/hook" }\n    rehearsal: { kind: slack, url: { env: LAB } }\n    chat: { kind: slack',
        ],
        ['      - { id: verify', `${steps}      - { id: verify`],
      ),
    );
    expect(policy.disasters['slow-disk']).toMatchObject({ class: 'minor', severity: 'warning' });
    expect(policy.runbooks['shop-failover']?.communication?.messages).toHaveLength(3);
    const named = new Set([...page.matchAll(/`([a-z-]+)`/g)].map(([, word]) => word));
    expect(messageFacts.filter((fact) => !named.has(fact))).toEqual([]);
  });
});
