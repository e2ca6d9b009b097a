import { z } from 'zod';
import { suggest } from '../nearest.ts';
import { isPlainWord } from '../problem.ts';
import { parseDuration, parseSize, parseSpan } from '../units.ts';

export const unknownKey = 'unknown key';

/**
 * Sentences of schema errors are `what is wrong; what to do`, split at the first `; `. Several unknown keys of one
 * mapping are one issue in zod: its message has one line for each key.
 */
export function strict<T extends z.core.$ZodLooseShape>(shape: T, otherHints: Record<string, string> = {}) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      return issue.keys.map((key) => `${unknownKey}; ${hintForKey(key, known, otherHints)}`).join('\n');
    },
  });
}

function hintForKey(key: string, known: string[], otherHints: Record<string, string>): string {
  const special = Object.hasOwn(otherHints, key) ? otherHints[key] : undefined;
  if (special !== undefined) return special;
  if (key === '<<') return 'merge keys are not read here: write the values out';
  return (isPlainWord(key) ? suggest(key, known) : null) ?? `known here: ${known.join(', ')}`;
}

/** The sentence for a value of the wrong form; a missing one is said to be missing. */
export function unlessMissing(sentence: string) {
  return { error: (issue: { input?: unknown }) => (issue.input === undefined ? undefined : sentence) };
}

/** Names that a team gives: safe in paths, keys, task queues and workflow ids. */
export const namePattern = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** A mapping of things by the names that the team gives them. */
export function named<T extends z.ZodType>(value: T) {
  return z.record(
    z.string().regex(namePattern, {
      error:
        'this name has other than small letters, digits and dashes; write it like shop-daily, at most 63 letters',
    }),
    value,
  );
}

/** The name of something defined elsewhere in the policy; `references.ts` checks that it is. */
export const reference = z.string().regex(namePattern, {
  error: "this can't be a name; names have small letters, digits and dashes, at most 63",
});

/** Text for people or for another system: one line, without control characters. */
export const line = z
  .string()
  .min(1, { error: 'this is empty; write a value or remove the key' })
  .max(1000, { error: 'this is too long; at most 1000 letters' })
  .refine((text) => !/\p{Cc}/u.test(text), { error: 'a control character is in this; remove it' });

/** A name that PostgreSQL gives, or a query: any letters, several lines too, but not the NUL that ends text in C. */
export const anyText = z
  .string()
  .min(1, { error: 'this is empty; write a value or remove the key' })
  .max(10_000, { error: 'this is too long; at most 10000 letters' })
  .refine((text) => !text.includes('\0'), { error: 'a NUL character is in this; remove it' });

/** A path on a worker; workers have no directory that a relative one could start from. */
export const absolutePath = line
  .regex(/^\//, { error: 'this path does not start with a slash; write the absolute path on the worker' })
  .refine((path) => !path.split('/').includes('..'), {
    error: '`..` is in this path; write where it leads to',
  });

const durationForm = 'this is no duration; write one like 90s, 5m, 2h, 30d, 12w or 1h30m';

/** A duration; seconds in the resolved policy. */
export function duration(least: number, most: number = 3650 * 86_400) {
  return z
    .string(unlessMissing(durationForm))
    .regex(/^(\d+[smhdw])+$/, { error: durationForm })
    .transform((text, context) => {
      const seconds = parseDuration(text);
      if (seconds !== null && seconds >= least && seconds <= most) return seconds;
      const wrong = seconds !== null && seconds < least ? 'too short' : 'too long';
      context.addIssue(
        `this duration is ${wrong}; from ${least} seconds to ${Math.floor(most / 86_400)} days`,
      );
      return z.NEVER;
    });
}

/** A day of the calendar. */
export const day = z
  .string()
  .refine(isDay, { error: 'this is no day; write it as year-month-day, like 2026-11-01' });

function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

const sizeForm = 'this is no size; write one like 500MiB, 10GB or 4096B';

/** A size; bytes in the resolved policy. */
export const size = z
  .string(unlessMissing(sizeForm))
  .regex(/^\d+(\.\d+)?\s*([KMGT]i?B|B)$/, { error: sizeForm })
  .transform((text, context) => {
    const bytes = parseSize(text);
    if (bytes !== null) return bytes;
    context.addIssue('this size is too large');
    return z.NEVER;
  });

const spanForm = 'this is no span; write one like 48h, 30d, 12w, 12m (months) or 7y';

/** How long a tier is kept, in the calendar's units. */
export const span = z
  .string(unlessMissing(spanForm))
  .regex(/^[1-9]\d{0,4}[hdwmy]$/, { error: spanForm })
  .transform((text, context) => {
    const parsed = parseSpan(text);
    if (parsed !== null) return parsed;
    context.addIssue(spanForm);
    return z.NEVER;
  });

/** The sentence for a discriminator that is missing or that no member has. */
export function unknownKind(what: string, kinds: string[], input: unknown): string {
  const kind = typeof input === 'object' && input !== null && 'kind' in input ? input.kind : undefined;
  if (kind === undefined) return `the kind of this ${what} is missing; write kind: ${kinds.join(' or ')}`;
  const hint = typeof kind === 'string' ? suggest(kind, kinds) : null;
  return `no such kind of ${what}; ${hint ?? `known here: ${kinds.join(', ')}`}`;
}
