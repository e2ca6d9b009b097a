import { z } from 'zod';
import { audiences, moments } from '../resolved-communication.ts';
import { duration, line, named, reference, strict } from './common.ts';

const text = z
  .string()
  .min(1, { error: 'this is empty; write what is told' })
  .max(4000, { error: 'this is too long; at most 4000 letters' })
  .refine((words) => !/[^\P{Cc}\n\t]/u.test(words), { error: 'a control character is in this; remove it' });

const message = strict({
  audience: z.enum(audiences).describe('Whom it is for: internal, customers, vendors or regulator.'),
  when: z.enum(moments).describe('When it is meant to be sent: declare, update or close.'),
  subject: line.describe('Its title. Facts of the run: a dollar sign and the name in braces.'),
  text: text.describe('What is told. Facts of the run: a dollar sign and the name in braces.'),
  channel: reference
    .optional()
    .describe('How it is sent, one of `notifications.channels`. Default: by hand, people copy it.'),
  role: reference.optional().describe('Who approves it. Default: `role` of the plan.'),
  within: duration(60, 365 * 86_400)
    .optional()
    .describe('It must be out so long after the declaration. Default: no such time.'),
});

/** What is told to whom in a disaster, written beforehand and approved before it is sent. */
export const communication = strict({
  role: reference
    .default('communications-lead')
    .describe('The role that approves messages. Default communications-lead.'),
  drill: reference
    .optional()
    .describe('Where rehearsals send messages, one of `notifications.channels`. Default: nowhere.'),
  messages: named(message).describe('Messages, by name.'),
}).describe('What is told to whom in a disaster, written beforehand.');
