import { z } from 'zod';
import { duration, reference, strict } from './common.ts';
import { schedule } from './schedule.ts';

const attach = strict({
  role: reference.describe('Who is asked to attach it: a role that somebody of `people` holds.'),
  remind: duration(60, 30 * 86_400)
    .prefault('4h')
    .describe('Time between reminders. Default 4h.'),
  escalate: reference
    .optional()
    .describe('A role that is asked as well, from the third reminder on. Default: nobody.'),
  patience: duration(60, 365 * 86_400)
    .prefault('7d')
    .describe('A run that nobody attaches it for gives up after so long. Default 7d.'),
});

/** How a repository is reached that is not always there, such as a disk in a safe. */
export const attachment = {
  online: z
    .enum(['always', 'manual'])
    .default('always')
    .describe('`manual`: a person attaches it when asked, and backups do not wait for it. Default always.'),
  schedule: schedule.optional().describe('With online: manual, when its copies are brought up to date.'),
  attach: attach.optional().describe('With online: manual, who is asked to attach it.'),
};

type Attachment = {
  online: 'always' | 'manual';
  schedule?: unknown;
  attach?: { remind: number; patience: number } | undefined;
};

/** What a repository that a person attaches needs, and what another can't have. */
export function checkAttachment(repository: Attachment, context: z.core.$RefinementCtx): void {
  const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  const { online, schedule: when, attach: who } = repository;
  if (online === 'always') {
    const why = 'this is only for a repository that a person attaches; add `online: manual`, or remove this';
    if (when !== undefined) refuse(['schedule'], why);
    if (who !== undefined) refuse(['attach'], why);
    return;
  }
  if (when === undefined)
    refuse(['schedule'], 'this is missing; say when it is filled, like schedule: "0 10 * * 6"');
  if (who === undefined)
    refuse(['attach'], 'this is missing; say who is asked, like attach: { role: operator }');
  else if (who.remind >= who.patience)
    refuse(['attach', 'remind'], 'nobody would be reminded before `patience` ends; make this shorter');
}
