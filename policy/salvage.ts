import type { z } from 'zod';
import type { LinkTarget } from './links.ts';
import {
  namedSections,
  type Policy,
  type SectionName,
  type Sections,
  type Settings,
  settings,
} from './schema.ts';

/** What of a faulty policy can still be checked, and every name that it defines, also of faulty entries. */
export type Salvage = {
  sections: Sections;
  declared: Record<LinkTarget, string[]>;
  settings: Settings;
};

/** A policy that is right in form has nothing to leave out. */
export function whole(policy: Policy): Salvage {
  const { zones, people, signers, keys, repositories, retention, tiers, sources, plans } = policy;
  const { scratchServers, refreshes, targets, nameServers, runbooks, disasters, services } = policy;
  const sections = {
    ...{ zones, people, signers, keys, repositories, retention, tiers, sources, plans },
    ...{ scratchServers, refreshes, targets, nameServers, runbooks, disasters, services },
  };
  const { deletion, secondFactor, audit, checks, notifications, communication, prices } = policy;
  return {
    sections,
    declared: {
      ...namesIn((section) => Object.keys(sections[section])),
      channels: Object.keys(notifications?.channels ?? {}),
      messages: Object.keys(communication?.messages ?? {}),
    },
    settings: { deletion, secondFactor, audit, checks, notifications, communication, prices },
  };
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
      people: sound(namedSections.people, entries('people')),
      signers: sound(namedSections.signers, entries('signers')),
      keys: sound(namedSections.keys, entries('keys')),
      repositories: sound(namedSections.repositories, entries('repositories')),
      retention: sound(namedSections.retention, entries('retention')),
      tiers: sound(namedSections.tiers, entries('tiers')),
      sources: sound(namedSections.sources, entries('sources')),
      plans: sound(namedSections.plans, entries('plans')),
      scratchServers: sound(namedSections.scratchServers, entries('scratchServers')),
      refreshes: sound(namedSections.refreshes, entries('refreshes')),
      targets: sound(namedSections.targets, entries('targets')),
      nameServers: sound(namedSections.nameServers, entries('nameServers')),
      runbooks: sound(namedSections.runbooks, entries('runbooks')),
      disasters: sound(namedSections.disasters, entries('disasters')),
      services: sound(namedSections.services, entries('services')),
    },
    declared: {
      ...namesIn((section) => entries(section).map(([name]) => name)),
      channels: entriesOf(valueAt(raw, 'notifications'), 'channels').map(([name]) => name),
      messages: entriesOf(valueAt(raw, 'communication'), 'messages').map(([name]) => name),
    },
    settings: {
      deletion: soundSetting(settings.deletion, raw, 'deletion'),
      secondFactor: soundSetting(settings.secondFactor, raw, 'secondFactor'),
      audit: soundSetting(settings.audit, raw, 'audit'),
      checks: soundSetting(settings.checks, raw, 'checks'),
      notifications: soundSetting(settings.notifications, raw, 'notifications'),
      communication: soundSetting(settings.communication, raw, 'communication'),
      prices: soundSetting(settings.prices, raw, 'prices'),
    },
  };
}

function namesIn(namesOf: (section: SectionName) => string[]): Record<SectionName, string[]> {
  return {
    zones: namesOf('zones'),
    people: namesOf('people'),
    signers: namesOf('signers'),
    keys: namesOf('keys'),
    repositories: namesOf('repositories'),
    retention: namesOf('retention'),
    tiers: namesOf('tiers'),
    sources: namesOf('sources'),
    plans: namesOf('plans'),
    scratchServers: namesOf('scratchServers'),
    refreshes: namesOf('refreshes'),
    targets: namesOf('targets'),
    nameServers: namesOf('nameServers'),
    runbooks: namesOf('runbooks'),
    disasters: namesOf('disasters'),
    services: namesOf('services'),
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

function soundSetting<T>(setting: z.ZodType<T>, raw: unknown, name: string): T | undefined {
  const result = setting.safeParse(valueAt(raw, name));
  return result.success ? result.data : undefined;
}

function entriesOf(raw: unknown, section: string): [string, unknown][] {
  const value = valueAt(raw, section);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

function valueAt(raw: unknown, name: string): unknown {
  if (typeof raw !== 'object' || raw === null) return undefined;
  return Object.entries(raw).find(([key]) => key === name)?.[1];
}
