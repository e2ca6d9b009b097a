import type { Command } from 'commander';
import type { Act } from '../program.ts';
import { addApply } from './apply.ts';
import { addCompletion } from './completion.ts';
import { addInit } from './init.ts';
import { addPlan } from './plan.ts';
import { addSchema } from './schema.ts';
import { addValidate } from './validate.ts';

/** Every command, in the order in which help lists them. */
export const commands: readonly ((program: Command, act: Act) => void)[] = [
  addInit,
  addValidate,
  addPlan,
  addApply,
  addCompletion,
  addSchema,
];
