import { z } from 'zod';
import { day, duration, line, named, reference, strict } from './common.ts';

const list = (what: string) =>
  z
    .array(reference)
    .min(1, { error: `this list is empty; name ${what}, or remove the key` })
    .default([]);

/** What a team keeps running for others, and what would bring it back: the subject of a business continuity plan. */
const service = strict({
  say: line.describe('What it does, and for whom.'),
  owner: reference.describe('Who answers for it, one of `people`.'),
  sources: list('a source').describe('What it is made of, of `sources`; their plans belong to it.'),
  plans: list('a plan').describe('Further plans that belong to it, of `plans`.'),
  runbooks: list('a runbook').describe(
    'How it is brought back, of `runbooks`. Default: those that fail over one of its sources.',
  ),
  contacts: list('a person').describe(
    'Who is asked besides its owner and those who have a role, of `people`.',
  ),
  review: duration(86_400)
    .prefault('365d')
    .describe('How often its continuity plan is looked through. Default 365d.'),
  reviewed: day.optional().describe('The day on which that was done last; absent: never.'),
}).superRefine(({ sources, plans }, context) => {
  if (sources.length + plans.length === 0)
    context.addIssue({
      code: 'custom',
      path: ['sources'],
      message: 'this service has nothing that is backed up; name its sources or its plans',
    });
});

export const services = named(service).describe('Services and what brings them back, by name.');
