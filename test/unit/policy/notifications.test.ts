import { describe, expect, it } from '@jest/globals';
import { fullWith, loadText, printedProblems, smallest } from './support.ts';

const rulesOf = async (...changes: [string, string][]) =>
  (await loadText(fullWith(...changes))).policy.notifications;

describe('notifications', () => {
  it('reach the people of a role at their addresses, each once', async () => {
    const { mail, channels, routes } = await rulesOf([
      'to: [ops@example.org]',
      'to: [ops@example.org, commander-1@example.org]',
    ]);
    expect(mail).toEqual({
      host: 'mail.example.org',
      port: 587,
      security: 'starttls',
      from: 'holdfast@example.org',
      user: 'holdfast',
      password: { env: 'MAIL' },
    });
    expect(channels).toEqual([
      { name: 'ops', kind: 'email', to: ['ops@example.org', 'commander-1@example.org'] },
      { name: 'chat', kind: 'slack', url: { env: 'CHAT' } },
    ]);
    expect(routes).toEqual([
      {
        severities: ['critical'],
        to: ['ops', 'chat'],
        repeat: 4 * 3600,
        escalate: [{ after: 1800, to: ['chat'] }],
      },
      { severities: ['info', 'warning', 'critical'], to: ['ops'], repeat: 4 * 3600, escalate: [] },
    ]);
  });

  it('go to every channel where no route is written', async () => {
    const { policy } = await loadText(fullWith().replace(/ {2}routes:\n( {4}.*\n)+/, ''));
    expect(policy.notifications.routes).toEqual([
      {
        severities: ['info', 'warning', 'critical'],
        to: ['ops', 'chat'],
        repeat: 4 * 3600,
        escalate: [],
      },
    ]);
  });

  it('are none where nothing is written, and the alerts are kept all the same', async () => {
    const { policy } = await loadText(smallest);
    expect(policy.notifications).toEqual({ channels: [], routes: [] });
    expect(policy.plans['shop-daily']?.alertZone).toBe('home');
  });

  it.each([
    ['tls', 465],
    ['starttls', 587],
  ])('go by %s to port %d', async (security, port) => {
    const { mail } = await rulesOf(['from: holdfast', `security: ${security}, from: holdfast`]);
    expect(mail?.port).toBe(port);
  });

  it('go unencrypted to this host', async () => {
    const { mail, channels } = await rulesOf(
      ['host: mail.example.org,', 'host: localhost, security: none,'],
      ['{ kind: slack, url: { env: CHAT } }', '{ kind: webhook, url: "http://[::1]:8080/hook" }'],
    );
    expect(mail).toMatchObject({ host: 'localhost', port: 25, security: 'none' });
    expect(channels[1]).toEqual({ name: 'chat', kind: 'webhook', url: { url: 'http://[::1]:8080/hook' } });
  });
});

const chat = '{ kind: slack, url: { env: CHAT } }';
const hook = (url: string): [string, string][] => [[chat, `{ kind: webhook, url: "${url}" }`]];
const isSecret = 'notifications.channels.chat.url  whoever has this URL can write there, so it is a secret';

describe('what is refused of notifications', () => {
  it.each<[string, string, [string, string][]]>([
    [
      'plain http to another host',
      'notifications.channels.chat.url  plain http goes only to this host; use https',
      hook('http://example.org/hook'),
    ],
    [
      'a password in a URL',
      'notifications.channels.chat.url  a user or password is in this URL, so it is a secret',
      hook('https://u:hunter2@example.org'),
    ],
    ["Slack's own URL", isSecret, hook('https://hooks.slack.com/services/hunter2')],
    ["Discord's own URL", isSecret, hook('https://discord.com/api/webhooks/1/hunter2')],
    ['a token in a URL', isSecret, hook('https://example.org/hook?token=hunter2')],
    ['a signature in a URL', isSecret, hook('https://example.org/hook?a=1&sig=hunter2')],
    [
      'another protocol',
      'notifications.channels.chat.url  this is no address of a service',
      hook('ftp://example.org/hunter2'),
    ],
    [
      'a channel that is not there',
      'notifications.routes[0].to[1]  no such channel; did you mean "chat"?',
      [['to: [ops, chat]', 'to: [ops, chats]']],
    ],
    [
      'an escalation to a channel that is not there',
      'notifications.routes[0].escalate[0].to[0]  no such channel; did you mean "chat"?',
      [['after: 30m, to: [chat]', 'after: 30m, to: [chats]']],
    ],
    [
      'a channel named twice',
      'notifications.routes[0].to[1]  this channel is named twice; name each once',
      [['to: [ops, chat]', 'to: [ops, ops]']],
    ],
    [
      'escalations out of order',
      'notifications.routes[0].escalate[1].after  this step comes no later than the one before',
      [['to: [chat] }]', 'to: [chat] }, { after: 30m, to: [ops] }]']],
    ],
    [
      'a route for a role that nobody holds',
      'notifications.routes[1].roles[0]  nobody holds this role; did you mean "dba"?',
      [['{ to: [ops] }', '{ roles: [dbas], to: [ops] }']],
    ],
    [
      'a channel to a role that nobody holds',
      'notifications.channels.ops.roles[0]  nobody holds this role',
      [['roles: [incident-commander] }\n    chat', 'roles: [on-call] }\n    chat']],
    ],
    [
      'a channel to a role without an address',
      'notifications.channels.ops.roles[0]  nobody with this role has an e-mail address',
      [['roles: [incident-commander] }\n    chat', 'roles: [dba] }\n    chat']],
    ],
    [
      'mails without a server',
      'notifications.channels.ops  mails need a mail server, and there is none',
      [
        [
          '  mail: { host: mail.example.org, from: holdfast@example.org, user: holdfast, password: { env: MAIL } }\n',
          '',
        ],
      ],
    ],
    [
      'mail without encryption to another host',
      'notifications.mail.security  without encryption mail goes only to this host',
      [['from: holdfast', 'security: none, from: holdfast']],
    ],
    [
      'a user without a password',
      'notifications.mail.user  this user has no password',
      [[', password: { env: MAIL }', '']],
    ],
    [
      'a password without a user',
      'notifications.mail.password  nobody logs in with this password',
      [['user: holdfast, ', '']],
    ],
    [
      'a channel that reaches nobody',
      'notifications.channels.ops  this channel reaches nobody; write `to` with addresses, or `roles`',
      [['to: [ops@example.org], roles: [incident-commander]', '']],
    ],
  ])('%s', async (_name, sentence, changes) => {
    const problems = await printedProblems(fullWith(...changes));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(sentence);
    expect(problems.join()).not.toContain('hunter2');
  });

  it('a password in the URL of a ping', async () => {
    const problems = await printedProblems(
      fullWith(['{ file: /run/secrets/watcher }', '"https://u:hunter2@example.org"']),
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('plans.shop-daily.ping.url  a user or password is in this URL');
    expect(problems[0]).not.toContain('hunter2');
  });
});

describe('a ping', () => {
  it('is an address, or where one is found', async () => {
    const open = await loadText(
      fullWith(['{ file: /run/secrets/watcher }', '"https://watch.example.org/shop"']),
    );
    expect(open.policy.plans['shop-daily']?.ping).toEqual({ url: { url: 'https://watch.example.org/shop' } });
    const { policy } = await loadText(fullWith());
    expect(policy.plans['shop-daily']?.ping).toEqual({ url: { file: '/run/secrets/watcher' } });
  });
});
