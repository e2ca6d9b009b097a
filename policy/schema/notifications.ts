import { z } from 'zod';
import { isThisHost } from '../hosts.ts';
import { severities } from '../resolved-proof.ts';
import { absolutePath, duration, line, named, reference, strict, unknownKind } from './common.ts';
import { emailAddress } from './people.ts';
import { secret } from './secret.ts';
import { url } from './url.ts';

const securities = ['tls', 'starttls', 'none'] as const;

const mail = strict({
  host: line
    .regex(/^[A-Za-z0-9._:-]+$/, { error: 'this is no host; write the name of the mail server alone' })
    .describe('Name or address of the SMTP server.'),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe('Default: 587 with starttls, 465 with tls, 25 with none.'),
  security: z
    .enum(securities)
    .default('starttls')
    .describe('`tls` from the start, `starttls`, or `none` on this host alone. Default starttls.'),
  from: emailAddress.describe('Who the mails are from.'),
  user: line.optional().describe('Who logs in. Default: nobody.'),
  password: secret.optional().describe('Where the worker of the checks finds its password.'),
  caFile: absolutePath.optional().describe('Certificates (PEM) to trust for the server, on the worker.'),
}).superRefine(({ host, security, user, password }, context) => {
  const refuse = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (security === 'none' && !isThisHost(host))
    refuse('security', 'without encryption mail goes only to this host; write starttls or tls');
  if (user !== undefined && password === undefined)
    refuse(
      'user',
      'this user has no password; say where the worker finds it: password: { file: /absolute/path }',
    );
  if (password !== undefined && user === undefined)
    refuse('password', 'nobody logs in with this password; write the `user` too, or remove it');
});

const email = strict({
  kind: z.literal('email').describe('By e-mail, through `mail`.'),
  to: z
    .array(emailAddress)
    .min(1, { error: 'this list is empty; write an address, or remove the key' })
    .optional()
    .describe('Addresses that are written to.'),
  roles: z
    .array(reference)
    .min(1, { error: 'this list is empty; name a role, or remove the key' })
    .optional()
    .describe('Roles whose holders are written to, at the addresses that `people` has.'),
})
  .refine(({ to, roles }) => to !== undefined || roles !== undefined, {
    error: 'this channel reaches nobody; write `to` with addresses, or `roles`',
  })
  .describe('Mails to people.');

const webhook = strict({
  kind: z.literal('webhook').describe('JSON by POST.'),
  url: url.describe('Where it is posted: an https address, or where the worker finds one that is a secret.'),
  secret: secret
    .optional()
    .describe('Where the worker finds the secret that signs each message (HMAC-SHA-256). Default: unsigned.'),
}).describe('JSON to a service of your own.');

const slack = strict({
  kind: z.literal('slack').describe('An incoming webhook as Slack has it; others understand the same.'),
  url: url.describe("Where the worker finds the webhook's URL, which is a secret: { file: /absolute/path }."),
}).describe('Messages to a chat.');

const kinds = ['email', 'webhook', 'slack'];

const channels = named(
  z.discriminatedUnion('kind', [email, webhook, slack], {
    error: (issue) =>
      issue.code === 'invalid_union' ? unknownKind('channel', kinds, issue.input) : undefined,
  }),
);

const severity = z.enum(severities);

const toChannels = z
  .array(reference)
  .min(1, { error: 'this reaches nobody; name at least one of `channels`' });

const route = strict({
  severity: z
    .union([severity.transform((one) => [one]), z.array(severity).min(1)], {
      error: 'this is no severity; write critical, warning or info, or a list of them',
    })
    .optional()
    .describe('What is told: critical, warning or info, or a list of them. Default: all.'),
  roles: z
    .array(reference)
    .min(1, { error: 'this list is empty; name a role, or remove the key' })
    .optional()
    .describe('Only what concerns these roles. Default: everything.'),
  to: toChannels.describe('Who is told, of `channels`.'),
  repeat: duration(0, 30 * 86_400)
    .prefault('4h')
    .describe('It is told again after so long while it lasts; 0s tells it once. Default 4h.'),
  escalate: z
    .array(
      strict({
        after: duration(60, 30 * 86_400).describe('So long after it began, while it lasts.'),
        to: toChannels.describe('Who is told as well, of `channels`.'),
      }),
    )
    .default([])
    .superRefine((steps, context) => {
      for (const [index, { after }] of steps.entries())
        if (index > 0 && after <= (steps[index - 1]?.after ?? 0))
          context.addIssue({
            code: 'custom',
            path: [index, 'after'],
            message: 'this step comes no later than the one before; write the steps in order of time',
          });
    })
    .describe('Who is told as well when it lasts. Default: nobody.'),
});

/** Who is told of what is wrong, and how. */
export const notifications = strict({
  mail: mail.optional().describe('The mail server; channels of kind email need it.'),
  channels: channels.describe('Ways to reach people, by name.'),
  routes: z
    .array(route)
    .min(1, { error: 'this list is empty; write a route, or remove the key and all channels are told all' })
    .optional()
    .describe('Who is told of what: the first route that fits counts. Default: every channel of everything.'),
}).describe('Who is told of what is wrong, and how.');
