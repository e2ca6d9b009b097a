import { z } from 'zod';
import { duration, line, named, reference, strict } from './common.ts';

export const emailAddress = line.regex(/^[^\s@<>,;"]+@[^\s@<>,;"]+$/, {
  error: 'this is no e-mail address; write one like dba@example.org',
});

export const people = named(
  strict({
    roles: z
      .array(reference)
      .min(1, { error: 'this person has no role; name one, like approver' })
      .describe('What this person does, in words of your own: dba, approver, incident-commander.'),
    email: emailAddress.optional().describe('Where this person is written to.'),
    sshKeys: z
      .array(
        z
          .string()
          .min(1, { error: 'this is empty; write the path of a .pub file' })
          .describe(
            'An SSH public key: a .pub file (relative to the policy) or the key itself. `sk-…` keys live in hardware.',
          ),
      )
      .min(1, { error: 'this list is empty; name a .pub file, or remove the key' })
      .optional()
      .describe("This person's SSH public keys, of which each signs approvals and requests."),
  }),
).describe('Who may ask for things and approve them, by name.');

/** What a deletion that a person asks for needs, before anything goes. */
export const deletion = strict({
  approvals: z.int().min(1).max(20).default(2).describe('How many people must approve. Default 2.'),
  role: reference
    .default('approver')
    .describe('The role of those who approve; nobody approves what they asked for. Default approver.'),
  delay: duration(0, 90 * 86_400)
    .prefault('24h')
    .describe('Time from the last approval to the deletion, in which it can be cancelled. Default 24h.'),
  expires: duration(60, 90 * 86_400)
    .prefault('7d')
    .describe('A request without enough approvals ends after so long. Default 7d.'),
  signatures: z
    .enum(['signed', 'named'])
    .default('signed')
    .describe(
      "`signed`: an approval carries an SSH signature over what is deleted. `named` trusts the sender's name. Default signed.",
    ),
}).describe('What a deletion that a person asks for needs, before anything goes.');

/** What people start only with a hardware-backed key. */
export const secondFactor = z
  .array(z.enum(['backup', 'restore', 'deletion']))
  .min(1, { error: 'this list is empty; write like [deletion, restore], or remove the key' })
  .superRefine((started, context) => {
    for (const [index, each] of started.entries())
      if (started.indexOf(each) < index)
        context.addIssue({ code: 'custom', path: [index], message: 'this is named twice; name each once' });
  })
  .describe('What people start only with a request signed by a hardware-backed SSH key (`sk-…`).');

export const audit = strict({
  repository: reference.describe(
    'Where the audit log is written, one of `repositories`: write-once, and with no backups in it.',
  ),
}).describe('Where what happens is recorded, as a chain of hashes with signed heads.');
