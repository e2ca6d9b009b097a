import { z } from 'zod';
import { absolutePath, line, unlessMissing } from './common.ts';

/** The keys by which a policy says where a secret is. */
export const secretWays = ['env', 'file', 'command'];

const places = '{ env: NAME }, { file: /absolute/path } or { command: [program, argument] }';

const oneWay = `a secret is found in exactly one of three ways; write ${places}`;

/** A mapping of which no other key is repeated: it may be a secret in the wrong place. */
function one<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? oneWay : undefined),
  });
}

/**
 * Where a worker finds a secret. The policy never holds one, so a value that stands here is refused without being
 * repeated (laws 7 and 14).
 */
export const secret = z
  .union(
    [
      one({
        env: line
          .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
            error: "this can't be the name of an environment variable; write its name here, never its value",
          })
          .describe('Environment variable of the worker that holds the secret.'),
      }),
      one({
        file: absolutePath.describe(
          'File on the worker that holds the secret; one newline at its end is taken off.',
        ),
      }),
      one({
        command: z
          .array(line, { error: 'a command is a list; write it as [program, argument]' })
          .min(1, { error: 'the command is empty; write [program, argument]' })
          .describe('Program and arguments that print the secret, run on the worker without a shell.'),
      }),
    ],
    {
      error: (issue) =>
        isMapping(issue.input)
          ? oneWay
          : `a secret never stands in the policy; say where the worker finds it: ${places}`,
    },
  )
  .describe('Where the worker finds a secret. The secret itself never stands in the policy.');

/** Secrets by the zone whose workers read them. */
export const secretByZone = z.record(
  z.string().refine((zone) => !secretWays.includes(zone), {
    error: 'the zone is missing before this; write { ZONE: { file: /absolute/path } }',
  }),
  secret,
  unlessMissing(
    'a secret never stands in the policy; say for each zone where its worker finds it: { ZONE: { file: /absolute/path } }',
  ),
);

function isMapping(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
