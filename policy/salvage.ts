import type { z } from 'zod';
import { namedSections, type Policy, type SectionName, type Sections } from './schema.ts';

/** What of a faulty policy can still be checked, and every name that it defines, also of faulty entries. */
export type Salvage = { sections: Sections; declared: Record<SectionName, string[]> };

/** A policy that is right in form has nothing to leave out. */
export function whole(policy: Policy): Salvage {
  const { zones, signers, keys, repositories, retention, tiers, sources, plans } = policy;
  const sections = { zones, signers, keys, repositories, retention, tiers, sources, plans };
  return { sections, declared: namesIn((section) => Object.keys(sections[section])) };
}

/**
 * Takes the entries whose own form is right, so that references are checked in the same run as the form: a person sees
 * all problems at once.
 */
export function salvage(raw: unknown): Salvage {
  const entries = (section: SectionName) => entriesOf(raw, section);
  return {
    sections: {
      zones: sound(namedSections.zones, entries('zones')),
      signers: sound(namedSections.signers, entries('signers')),
      keys: sound(namedSections.keys, entries('keys')),
      repositories: sound(namedSections.repositories, entries('repositories')),
      retention: sound(namedSections.retention, entries('retention')),
      tiers: sound(namedSections.tiers, entries('tiers')),
      sources: sound(namedSections.sources, entries('sources')),
      plans: sound(namedSections.plans, entries('plans')),
    },
    declared: namesIn((section) => entries(section).map(([name]) => name)),
  };
}

function namesIn(namesOf: (section: SectionName) => string[]): Salvage['declared'] {
  return {
    zones: namesOf('zones'),
    signers: namesOf('signers'),
    keys: namesOf('keys'),
    repositories: namesOf('repositories'),
    retention: namesOf('retention'),
    tiers: namesOf('tiers'),
    sources: namesOf('sources'),
    plans: namesOf('plans'),
  };
}

function sound<T>(section: z.ZodType<Record<string, T>>, entries: [string, unknown][]): Record<string, T> {
  const kept: Record<string, T> = {};
  for (const [name, value] of entries) {
    const result = section.safeParse({ [name]: value });
    if (result.success) Object.assign(kept, result.data);
  }
  return kept;
}

function entriesOf(raw: unknown, section: SectionName): [string, unknown][] {
  if (typeof raw !== 'object' || raw === null || !Object.hasOwn(raw, section)) return [];
  const value: unknown = Object.entries(raw).find(([name]) => name === section)?.[1];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}
