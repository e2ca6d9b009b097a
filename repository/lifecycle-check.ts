import type { KeptSource } from '../policy/kept-in.ts';
import { archives } from './archives.ts';
import { type BucketRule, dataFrom, noncurrentDays, smallUpTo, type Wanted } from './lifecycle.ts';

/** What a rule could do to what the policy keeps, or what a configuration lacks. */
export type LifecycleFinding = {
  /** Null where it is about the whole configuration. */
  rule: string | null;
  level: 'fault' | 'warning';
  sentence: string;
};

const aDay = 86_400;

/** What stands at the end of the keys of backups: data, and the small files without which nothing finds it. */
const dataNames = ['data-', 'globals-', 'fingerprint-'];
const smallNames = [
  'manifest.json',
  'manifest.json.sig',
  'RESTORE.md',
  'keep.',
  'tested.',
  'hold.',
  'deleting.',
];

/** Segments before the file's own name below a repository: source, year, month, day, backup. */
const depth = 5;

/** Every enabled rule that could expire or move what the policy keeps, whoever wrote it. */
export function checkLifecycle(rules: readonly BucketRule[], wanted: Wanted): LifecycleFinding[] {
  const active = rules.filter(({ enabled, tagged }) => enabled && !tagged);
  const found = active.flatMap((rule) => [
    ...ownFilesFindings(rule, wanted),
    ...wanted.kept.flatMap((kept) =>
      reaches(rule, wanted.prefix, kept.source) ? sourceFindings(rule, kept, wanted) : [],
    ),
    ...uploadFindings(rule, wanted),
    ...versionFindings(rule, wanted),
  ]);
  const tidies = active.some(
    ({ abortUploads, prefix }) => abortUploads !== null && rootOf(wanted.prefix).startsWith(prefix),
  );
  if (tidies) return found;
  const sentence =
    'No rule removes unfinished uploads: `holdfast repository sweep` does, when somebody runs it.';
  return [...found, { rule: null, level: 'warning', sentence }];
}

function rootOf(prefix: string): string {
  return prefix === '' ? '' : `${prefix}/`;
}

/** Whether some key that begins with one text can begin with the other. */
function overlap(left: string, right: string): boolean {
  return left.startsWith(right) || right.startsWith(left);
}

function reaches(rule: BucketRule, prefix: string, source: string): boolean {
  return overlap(rule.prefix, `${rootOf(prefix)}${source}/`);
}

/** Whether a rule's prefix leaves room for a file of such a name in the directory of a backup. */
function takesName(rule: BucketRule, prefix: string, name: string): boolean {
  const root = rootOf(prefix);
  const segments = rule.prefix.startsWith(root) ? rule.prefix.slice(root.length).split('/') : [];
  const leaf = segments.length > depth ? segments.slice(depth).join('/') : '';
  return overlap(leaf, name);
}

function takesSmall(rule: BucketRule, prefix: string): boolean {
  if (rule.above !== null && rule.above >= smallUpTo) return false;
  return smallNames.some((name) => takesName(rule, prefix, name));
}

function takesData(rule: BucketRule, prefix: string): boolean {
  return dataNames.some((name) => takesName(rule, prefix, name));
}

/** What the repository itself lives by: its marker, the policy, the audit log, all below keys that begin with `_`. */
function ownFilesFindings(rule: BucketRule, { prefix }: Wanted): LifecycleFinding[] {
  if (!overlap(rule.prefix, `${rootOf(prefix)}_`)) return [];
  const found: LifecycleFinding[] = [];
  const fault = (sentence: string) => found.push({ rule: rule.id, level: 'fault', sentence });
  if (rule.expire !== null)
    fault('It expires what the repository itself lives by: its marker, the policy, the audit log (`_…`).');
  for (const storageClass of movesSmall(rule) ? archivesOf(rule) : [])
    fault(
      `It moves the marker of the repository and what lies below \`_…\` to ${storageClass}, where nothing reads it when it is needed.`,
    );
  return found;
}

function movesSmall({ above, movesAbove }: BucketRule): boolean {
  return Math.max(above ?? 0, movesAbove ?? 0) < smallUpTo;
}

function archivesOf({ transitions }: BucketRule): string[] {
  return transitions.map(({ storageClass }) => storageClass).filter((name) => archives.has(name));
}

function sourceFindings(rule: BucketRule, kept: KeptSource, { prefix }: Wanted): LifecycleFinding[] {
  const found: LifecycleFinding[] = [];
  const small = takesSmall(rule, prefix);
  const data = takesData(rule, prefix);
  if (rule.expire !== null && (data || small)) found.push(expiryFinding(rule, rule.expire, kept, data));
  if (small && movesSmall(rule))
    for (const storageClass of archivesOf(rule))
      found.push({
        rule: rule.id,
        level: 'fault',
        sentence: `It moves manifests and markers of ${kept.source} to ${storageClass}: nothing could be listed or restored before they are thawed. Let it take only files of more than ${dataFrom} bytes.`,
      });
  return found;
}

function expiryFinding(
  rule: BucketRule,
  expire: number | 'date',
  { source, longest }: KeptSource,
  data: boolean,
): LifecycleFinding {
  const what = data ? `backups of ${source}` : `manifests and markers of ${source}`;
  const days = longest === null ? null : Math.ceil(longest / aDay);
  if (expire === 'date')
    return {
      rule: rule.id,
      level: 'fault',
      sentence: `It expires ${what} on a fixed day, whatever their age.`,
    };
  if (days === null || expire < days)
    return {
      rule: rule.id,
      level: 'fault',
      sentence: `It expires ${what} after ${expire} days; the policy keeps them ${days === null ? 'for ever' : `up to ${days} days`}.`,
    };
  return {
    rule: rule.id,
    level: 'warning',
    sentence: `It expires ${what} after ${expire} days, and knows neither of holds nor of the last verified backup: when no backup has been made for so long, nothing is left.`,
  };
}

function uploadFindings(rule: BucketRule, { prefix, kept }: Wanted): LifecycleFinding[] {
  const days = rule.abortUploads;
  if (days === null) return [];
  return kept
    .filter(({ source, deadline }) => reaches(rule, prefix, source) && days * aDay < deadline)
    .map(({ source, deadline }) => ({
      rule: rule.id,
      level: 'fault',
      sentence: `It removes unfinished uploads after ${days} days; a backup of ${source} may take ${Math.ceil(deadline / aDay)}.`,
    }));
}

function versionFindings(rule: BucketRule, { prefix }: Wanted): LifecycleFinding[] {
  const days = rule.expireNoncurrent;
  if (days === null || days >= noncurrentDays || !overlap(rule.prefix, rootOf(prefix))) return [];
  return [
    {
      rule: rule.id,
      level: 'warning',
      sentence: `It removes older versions after ${days} days: what somebody hides behind delete markers is lost so soon, unless a lock holds it. Give it ${noncurrentDays}.`,
    },
  ];
}
