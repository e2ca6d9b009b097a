import { z } from 'zod';
import { disasterClasses } from '../resolved-failover.ts';
import { duration, line, named, reference, strict } from './common.ts';
import { drills } from './drills.ts';
import { scheduleWith } from './schedule.ts';
import { step } from './steps.ts';

const trust = z.enum(['signed', 'named']);

const zoneList = (empty: string) => z.array(reference).min(1, { error: empty });

const parameters = named(
  strict({
    say: line.optional().describe('What it is for.'),
    default: z
      .union([line, z.number(), z.boolean()], {
        error: 'a parameter is text, a number, true or false; a list has parameters inside it',
      })
      .optional()
      .describe('Its value where none is given. Without one, the runbook is only included in others.'),
  }),
);

const runbook = strict({
  say: line.optional().describe('What it recovers from, in words of your own.'),
  class: z
    .enum(disasterClasses)
    .default('major')
    .describe('How grave the disaster is that it is for. Default major.'),
  tier: reference.optional().describe('What it is measured against, one of `tiers`. Default: nothing.'),
  lost: zoneList('this list is empty; name the zones that are lost, or remove the key')
    .default([])
    .describe('Zones whose loss it recovers from: no step runs there. Default: none, as in a failback.'),
  zone: reference
    .optional()
    .describe('The zone whose worker leads it. Default: the first that is not lost and has a `signingKey`.'),
  protects: z
    .array(reference)
    .default([])
    .describe(
      'Sources that it fails over, besides those of its plans and targets: one run at a time for each.',
    ),
  commander: reference
    .default('incident-commander')
    .describe('The role that leads. Default incident-commander.'),
  signatures: strict({
    real: trust.default('signed').describe('Of real runs. Default signed.'),
    drill: trust.default('named').describe('Of drills and tabletops. Default named.'),
  })
    .prefault({})
    .describe(
      "`signed`: an approval carries an SSH signature over what is shown. `named` trusts the sender's name.",
    ),
  cooldown: duration(0, 30 * 86_400)
    .prefault('1h')
    .describe('Time between the end of a real run and the next one. Default 1h.'),
  preflight: scheduleWith({ deadline: '30m', catchup: '10m' })
    .optional()
    .describe('When every step is looked at without effect. Default: on demand alone.'),
  parameters: parameters
    .default({})
    .describe(
      'Values that its steps use: a dollar sign and the name in braces. Whoever includes it gives them.',
    ),
  drills: drills.default({}).describe('How it is rehearsed, by name. Default: on demand alone.'),
  steps: z
    .array(step)
    .min(1, { error: 'this runbook has no step; write one, like { id: declare, do: approve, say: … }' })
    .max(500, { error: 'these are too many steps; at most 500, those of included runbooks counted' })
    .describe('What is done; steps whose needs are met run side by side.'),
});

export const runbooks = named(runbook).describe('How it is failed over, step by step, by name.');
