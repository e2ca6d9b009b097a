import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { messageFacts } from '../../../policy/resolved-communication.ts';
import {
  type Change,
  communicationsLeads,
  failoverWith,
  type Refusal,
  step,
  steps,
} from './failover-support.ts';
import { loadText, problemsOf } from './support.ts';

/** A plan of which messages go by hand, through a channel and by mail, and two disasters. */
const sections = `communication:
  drill: lab
  messages:
    customers-begin: { audience: customers, when: declare, subject: "\${service} is disturbed", channel: pages,
                       text: "Since \${declared} \${service} does not answer. We are at it: \${status}." }
    customers-news:  { audience: customers, when: update, subject: News, text: "\${note}" }
    regulator:       { audience: regulator, when: declare, within: 72h, role: dba, subject: "Notice of \${organization}",
                       text: "\${situation}, \${reason}. A price of $\${5}." }
    customers-end:   { audience: customers, when: close, subject: Over, text: "After \${elapsed}." }
disasters:
  site-loss: { runbook: shop-failover, say: fra is dark, tell: [operator] }
  slow-disk: { runbook: shop-failover, class: minor, roles: [dba], severity: info }
`;

const around: Change[] = [
  ['people:\n', `${sections}people:\n`],
  ['operator, incident-commander]', 'operator, incident-commander, communications-lead]'],
  ['roles: [dba, approver], sshKeys', 'roles: [dba, approver, communications-lead], sshKeys'],
  [
    '    chat: { kind: slack',
    '    pages: { kind: webhook, url: "https://status.example.org/hook" }\n    lab: { kind: slack, url: { env: LAB } }\n    chat: { kind: slack',
  ],
  ['to: [ops, chat], repeat', 'to: [ops, chat, pages, lab], repeat'],
  step('id: say, do: communicate, message: customers-begin, needs: [declare]'),
];

const withPlan = (...changes: Change[]) =>
  [...around, ...changes].reduce((text, [piece, replacement]) => {
    if (!text.includes(piece)) throw new Error(`the policy has no ${piece}`);
    return text.replace(piece, () => replacement);
  }, failoverWith());

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
    const text = withPlan(...changes);
    const problems = await problemsOf(text);
    expect(problems.map(({ path, message, hint }) => `${path}  ${message}; ${hint}`)).toEqual([
      expect.stringContaining(said),
    ]);
    expect(text.split('\n')[(problems[0]?.line ?? 1) - 1]).toContain(line);
  });

  it('may be of messages alone that come last', async () => {
    const text = withPlan([
      '      - { id: verify',
      '      - { id: later, do: manual, say: x, phase: return, needs: [say] }\n      - { id: verify',
    ]);
    expect(await problemsOf(text)).toEqual([]);
  });
});

describe('disasters', () => {
  it('choose a runbook, how grave it is, and who is called and told', async () => {
    const { policy } = await loadText(withPlan());
    expect(policy.disasters).toEqual({
      'site-loss': {
        name: 'site-loss',
        class: 'critical',
        say: 'fra is dark',
        runbook: 'shop-failover',
        severity: 'critical',
        roles: ['incident-commander', 'dba'],
        tell: ['operator'],
      },
      'slow-disk': {
        name: 'slow-disk',
        class: 'minor',
        say: 'The shop moves to Amsterdam',
        runbook: 'shop-failover',
        severity: 'info',
        roles: ['dba'],
        tell: [],
      },
    });
    const quiet = await loadText(withPlan([', severity: info', '']));
    expect(quiet.policy.disasters['slow-disk']?.severity).toBe('warning');
  });

  it.each<Refusal>([
    [
      'a runbook that there is not',
      'disasters.site-loss.runbook  no such runbook; did you mean "shop-failover"?',
      'site-loss',
      ['site-loss: { runbook: shop-failover', 'site-loss: { runbook: shop-failovr'],
    ],
    [
      'a runbook that is only included',
      'disasters.site-loss.runbook  this runbook has parameters without a value, and so is only included in others',
      'site-loss',
      ['site-loss: { runbook: shop-failover', 'site-loss: { runbook: part'],
      [
        'runbooks:\n',
        `runbooks:\n  whole: { steps: [{ id: a, do: runbook, runbook: part, with: { x: 1m } }] }\n  part: { parameters: { x: {} }, steps: [{ id: a, do: wait, for: "\${x}" }] }\n`,
      ],
    ],
    [
      'a class that there is not',
      'disasters.slow-disk.class  expected minor, major or critical; did you mean "minor"?',
      'slow-disk',
      ['class: minor', 'class: minr'],
    ],
    [
      'a severity that there is not',
      'disasters.slow-disk.severity  expected info, warning or critical',
      'slow-disk',
      ['severity: info', 'severity: loud'],
    ],
    [
      'a role that is called and that nobody holds',
      'disasters.slow-disk.roles[0]  nobody holds this role; did you mean "dba"?',
      'slow-disk',
      ['roles: [dba], severity', 'roles: [dbb], severity'],
    ],
    [
      'a role that is told and that nobody holds',
      'disasters.site-loss.tell[0]  nobody holds this role; did you mean "operator"?',
      'site-loss',
      ['tell: [operator]', 'tell: [operators]'],
    ],
    [
      'a role that is called and told',
      'disasters.slow-disk.tell[0]  this role is called already, which tells it',
      'slow-disk',
      ['roles: [dba], severity', 'roles: [dba], tell: [dba], severity'],
    ],
    [
      'a role that is called twice',
      'disasters.slow-disk.roles[1]  this role is named twice',
      'slow-disk',
      ['roles: [dba], severity', 'roles: [dba, dba], severity'],
    ],
  ])('are refused with %s', async (_what, said, line, ...changes) => {
    const text = withPlan(...changes);
    const problems = await problemsOf(text);
    expect(problems.map(({ path, message, hint }) => `${path}  ${message}; ${hint}`)).toEqual([
      expect.stringContaining(said),
    ]);
    expect(text.split('\n')[(problems[0]?.line ?? 1) - 1]).toContain(line);
  });
});

describe('several approvals', () => {
  it('are asked for by a number, which wants them', async () => {
    const { policy, weaknesses } = await loadText(
      failoverWith(
        ['approve: true,\n', 'approvals: 2,\n'],
        ['do: approve, say: Declare', 'do: approve, approvals: 1, say: Declare'],
      ),
    );
    const steps = policy.runbooks['shop-failover']?.steps ?? [];
    expect(steps.find(({ id }) => id === 'promote')).toMatchObject({ approve: true, approvals: 2 });
    expect(steps.find(({ id }) => id === 'declare')).not.toHaveProperty('approvals');
    expect(weaknesses.map(({ id, path }) => `${path} ${id}`)).toEqual([
      'runbooks.shop-failover.steps[3].approvals too-few-approvers',
    ]);
  });

  it.each<Refusal>([
    [
      'of more people than hold the role',
      `${steps}[3].approvals  3 must approve and 2 hold role dba: this step could never be approved; give the role dba to more people`,
      'approvals: 3',
      ['approve: true,\n', 'approvals: 3,\n'],
    ],
    [
      'of a choice',
      `${steps}[3].approvals  a choice is made by one person; have it need a step with do: approve`,
      'approvals: 2',
      [
        'do: postgres.promote, role: dba, target: shop-standby, needs: [fence, backups], approve: true,\n          drill: { target: shop-lab } }',
        'do: postgres.recover, role: dba, standby: shop-standby, plan: shop-daily, needs: [fence, backups], approvals: 2 }',
      ],
    ],
  ])('are refused %s', async (_what, said, line, ...changes) => {
    const text = failoverWith(...changes);
    const problems = await problemsOf(text);
    expect(problems.map(({ path, message, hint }) => `${path}  ${message}; ${hint}`)).toEqual([
      expect.stringContaining(said),
    ]);
    expect(text.split('\n')[(problems[0]?.line ?? 1) - 1]).toContain(line);
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
