import { z } from 'zod';
import { disasterClasses } from '../resolved-failover.ts';
import { severities } from '../resolved-proof.ts';
import { line, named, reference, strict } from './common.ts';

const roles = z.array(reference).min(1, { error: 'this list is empty; name a role, or remove the key' });

/** Disasters that were thought of beforehand: `failover start --disaster NAME` chooses by them. */
export const disasters = named(
  strict({
    say: line.optional().describe("What happened, in words of your own. Default: the runbook's."),
    runbook: reference.describe('What is run, one of `runbooks`.'),
    class: z.enum(disasterClasses).optional().describe("How grave it is. Default: the runbook's class."),
    severity: z
      .enum(severities)
      .optional()
      .describe(
        'How loudly people are called, as of alerts. Default: warning for a minor one, else critical.',
      ),
    roles: roles
      .optional()
      .describe("Roles that are called to work on it. Default: all roles of the runbook's steps."),
    tell: roles.optional().describe('Roles that are told of it as well. Default: nobody.'),
  }),
).describe('What may happen, by name: which runbook is run then, who is called and who is told.');
