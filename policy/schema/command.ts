import { z } from 'zod';
import { duration, line, strict } from './common.ts';
import { secret } from './secret.ts';
import { carriesPassword } from './url.ts';

const program =
  'this program has a relative path; write its absolute one on the worker, or a name on its PATH';

/** Set by us for the command, or able to change what another program does: no secret goes there. */
const taken = /^(PG[A-Z]*|PATH|HOME|SHELL|IFS|ENV|BASH_ENV|LD_.*|NODE_OPTIONS|HOLDFAST_.*)$/;

const secrets = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
        error: "this can't be the name of an environment variable; write it like API_TOKEN",
      })
      .refine((name) => !taken.test(name), {
        error: 'this environment variable has a meaning of its own for the command; choose another name',
      }),
    secret,
  )
  .default({})
  .describe('Secrets that the command gets as environment variables, and where the worker finds each.');

/** Program, arguments and secrets of a command of the team's own. */
export const commandFields = {
  run: z
    .array(
      line.refine((argument) => !carriesPassword(argument), {
        error: 'a user or password is in this URL; hand it over under `secrets`',
      }),
      { error: 'a command is a list; write it as [program, argument]' },
    )
    .min(1, { error: 'the command is empty; write [program, argument]' })
    .superRefine(([first = ''], context) => {
      if (first.includes('/') && !first.startsWith('/'))
        context.addIssue({ code: 'custom', path: [0], message: program });
    })
    .describe(
      'Program and arguments, run on the worker without a shell. Exit status 0 means that it passed.',
    ),
  secrets,
};

/** A command of the team's own; it runs on a worker, without a shell. */
export function command(defaultTimeout: string) {
  return strict({
    ...commandFields,
    timeout: duration(1, 86_400)
      .prefault(defaultTimeout)
      .describe(`It is ended after so long, with all that it started. Default ${defaultTimeout}.`),
  });
}
