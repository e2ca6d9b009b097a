import { z } from 'zod';
import { drillKinds } from '../resolved-failover.ts';
import { duration, line, named, reference, strict } from './common.ts';
import { scheduleWith } from './schedule.ts';
import { stepId } from './steps.ts';

const week = 7 * 86_400;

const surprise = strict({
  fail: stepId.optional().describe('The first attempt of this step fails without being made.'),
  absent: reference.optional().describe('This person does not answer: one of `people`.'),
}).refine(({ fail, absent }) => (fail === undefined) !== (absent === undefined), {
  error: 'this is no surprise; write { fail: STEP } or { absent: PERSON }',
});

const drill = strict(
  {
    kind: z
      .enum(drillKinds)
      .describe(
        '`restore` rehearses what deals with backups, `partial` the steps named, `full` everything, `tabletop` everything in words.',
      ),
    schedule: scheduleWith({ deadline: '1d', catchup: '1h' }).describe(
      'When it is held: a cron expression, or one with its settings. After its deadline, a day where none is set, it stops itself.',
    ),
    notice: duration(week, 13 * week)
      .prefault('7d')
      .describe(
        'How long before those concerned are told, and once more a day before. At least 7d, the default.',
      ),
    owner: reference.describe(
      'Who declares it and approves nothing of it, chooses the surprises, and says what came out: one of `people`.',
    ),
    expect: z
      .array(line)
      .min(1, { error: 'this list is empty; write what should come out, before it is held' })
      .max(20, { error: 'these are too many expected outcomes; at most 20' })
      .describe('What should come out, one sentence each, written beforehand.'),
    inject: z
      .array(surprise)
      .max(20, { error: 'these are too many surprises; at most 20' })
      .default([])
      .describe('What goes wrong in it. Notices do not tell. Default: nothing.'),
    steps: z
      .array(stepId)
      .min(1, { error: 'this list is empty; name the steps that the drill rehearses' })
      .optional()
      .describe('Of a partial drill: its steps, or the step that includes a whole service.'),
  },
  { mode: 'the mode follows from the kind: a tabletop is walked through, all others are done' },
);

/** How a runbook is rehearsed. */
export const drills = named(drill);
