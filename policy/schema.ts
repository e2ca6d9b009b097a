import { z } from 'zod';
import { checks } from './schema/checks.ts';
import { line, strict } from './schema/common.ts';
import { communication } from './schema/communication.ts';
import { disasters } from './schema/disasters.ts';
import { keys } from './schema/keys.ts';
import { nameServers } from './schema/name-servers.ts';
import { notifications } from './schema/notifications.ts';
import { audit, deletion, people, secondFactor } from './schema/people.ts';
import { signers, tiers, zones } from './schema/places.ts';
import { plans } from './schema/plans.ts';
import { prices } from './schema/prices.ts';
import { refreshes, scratchServers } from './schema/refreshes.ts';
import { repositories } from './schema/repositories.ts';
import { retention } from './schema/retention.ts';
import { runbooks } from './schema/runbooks.ts';
import { services } from './schema/services.ts';
import { sources } from './schema/sources.ts';
import { targets } from './schema/targets.ts';
import { faultInTimezone } from './timezone.ts';

const timezone = z.string().superRefine((name, context) => {
  const fault = faultInTimezone(name);
  if (fault !== null) context.addIssue(fault);
});

/** Sections that hold things by name, each with the schema of one mapping. */
export const namedSections = {
  zones,
  people,
  signers,
  keys,
  repositories,
  retention,
  tiers,
  sources,
  plans,
  scratchServers,
  refreshes,
  targets,
  nameServers,
  runbooks,
  disasters,
  services,
};

/** Sections that are settings of the policy as a whole. */
export const settings = { deletion, secondFactor, audit, checks, notifications, communication, prices };

/** The whole policy as a team writes it; what is absent has a safe default. */
export const policySchema = strict({
  version: z
    .literal(1, {
      error: (issue) => (issue.input === undefined ? undefined : 'no such version; write version: 1'),
    })
    .describe('Version of this format: 1.'),
  organization: line.describe('Whose policy this is; it is written into every manifest.'),
  timezone: timezone
    .default('UTC')
    .describe(
      'IANA time zone in which schedules and tiers are computed, e.g. Europe/Amsterdam. Default UTC.',
    ),
  residency: z
    .array(line)
    .min(1, { error: 'this list allows no region; name one, or remove the key' })
    .optional()
    .describe('Regions in which copies may lie; absent: anywhere.'),
  zones,
  people: people.default({}),
  signers: signers.default({}),
  keys,
  repositories,
  retention: retention.default({}),
  tiers: tiers.default({}),
  sources,
  plans,
  scratchServers: scratchServers.default({}),
  refreshes: refreshes.default({}),
  deletion: deletion.optional(),
  secondFactor: secondFactor.optional(),
  audit: audit.optional(),
  checks: checks.prefault({}),
  notifications: notifications.optional(),
  communication: communication.optional(),
  prices: prices.prefault({}),
  targets: targets.default({}),
  nameServers: nameServers.default({}),
  runbooks: runbooks.default({}),
  disasters: disasters.default({}),
  services: services.default({}),
}).describe('Holdfast policy');

/** A policy whose form is right, with units read and defaults filled in; references are still names. */
export type Policy = z.output<typeof policySchema>;

export type SectionName = keyof typeof namedSections;

/** The named things of a policy, without its own settings: what references are between. */
export type Sections = Pick<Policy, SectionName>;

/** The settings that references and people are checked against. */
export type Settings = { [Name in keyof typeof settings]: Policy[Name] | undefined };
