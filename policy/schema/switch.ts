import { z } from 'zod';
import { command } from './command.ts';
import { duration, reference, strict } from './common.ts';
import { secret } from './secret.ts';
import { identifier } from './server.ts';

/** How a verified scratch database is put in place of the live one. */
export const switchRule = strict({
  user: identifier.describe('Role that may rename the live database and make others on its server.'),
  password: secret.optional().describe('Where the worker finds its password; absent when none is needed.'),
  approvals: z
    .int()
    .min(1)
    .max(20)
    .default(1)
    .describe('How many people must approve; never the one who asked. Default 1.'),
  role: reference.default('dba').describe('The role of those who approve. Default dba.'),
  signatures: z
    .enum(['signed', 'named'])
    .default('signed')
    .describe(
      "`signed`: an approval carries an SSH signature over what is switched. `named` trusts the sender's name. Default signed.",
    ),
  expires: duration(60, 30 * 86_400)
    .prefault('24h')
    .describe(
      'Without enough approvals it is given up after so long, and its scratch database goes. Default 24h.',
    ),
  quiesce: command('5m')
    .optional()
    .describe('Stops the services that use the database, on the worker that switches. Needs `resume`.'),
  resume: command('5m')
    .optional()
    .describe('Starts them again, also when a later step fails. Needs `quiesce`.'),
}).superRefine(({ quiesce, resume }, context) => {
  if (quiesce !== undefined && resume === undefined)
    context.addIssue({
      code: 'custom',
      path: ['quiesce'],
      message: 'nothing would start again what this stops; add `resume`',
    });
  if (resume !== undefined && quiesce === undefined)
    context.addIssue({
      code: 'custom',
      path: ['resume'],
      message: 'nothing is stopped that this could start again; add `quiesce`, or remove this',
    });
});
