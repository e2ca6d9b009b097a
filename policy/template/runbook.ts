import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, isScalar, parseDocument } from 'yaml';
import { readDocument } from '../document.ts';
import { HoldfastError } from '../errors.ts';
import { lookUp } from '../lookup.ts';
import { nearest } from '../nearest.ts';
import { salvage } from '../salvage.ts';
import type { Sections } from '../schema.ts';
import { planFor } from './communication.ts';

/** The runbooks that `holdfast init --runbook` writes, each in a file of `runbooks/`. */
export const runbookTemplates = [
  'site-loss',
  'minor-disruption',
  'major-disruption',
  'critical-disruption',
  'backup-failure',
  'storage-compromised',
  'ransomware',
  'accidental-deletion',
  'orchestrator-lost',
] as const;

export type RunbookTemplate = (typeof runbookTemplates)[number];

/** @throws HoldfastError `bad-usage` when there is no such template */
export function templateNamed(name: string): RunbookTemplate {
  const found = runbookTemplates.find((each) => each === name);
  if (found !== undefined) return found;
  const meant = nearest(name, runbookTemplates);
  throw new HoldfastError('bad-usage', 'There is no template of a runbook of this name.', {
    hint: meant === null ? `There are ${runbookTemplates.join(', ')}.` : `Did you mean ${meant}?`,
  });
}

/**
 * A runbook to start from, as it stands under `runbooks`, with what the policy has in place of the words in capitals;
 * where it has no such thing, with a name that `validate` then asks for.
 *
 * @param policy The policy's text, also of one that is not right yet; null for none.
 */
export async function runbookTemplate(name: RunbookTemplate, policy: string | null): Promise<string> {
  const text = await readFile(join(import.meta.dirname, 'runbooks', `${name}.yaml`), 'utf8');
  const names = namesIn(policy);
  const fitting = lookUp(names, 'TIER') === undefined ? text.replace(/^ +tier: TIER\n/m, '') : text;
  return fitting.replaceAll(/(?<![A-Z])[A-Z]{4,}(?![A-Z])/g, (word) => lookUp(names, word) ?? word);
}

function namesIn(policy: string | null): Record<string, string> {
  const { sections } = salvage(policy === null ? {} : readDocument(policy, '').value);
  const zones = Object.keys(sections.zones);
  const [plan = 'shop-daily'] = Object.keys(sections.plans);
  const source = lookUp(sections.sources, lookUp(sections.plans, plan)?.source ?? '');
  const lost = source?.zone ?? zones[0] ?? 'main';
  const left = zones.find((zone) => zone !== lost) ?? 'dr';
  const standby = targetIn(sections, (zone) => zone !== lost);
  const [nameServer] = Object.values(sections.nameServers);
  const domain = nameServer?.domain ?? 'example.org';
  return {
    ...(source?.tier === undefined ? {} : { TIER: source.tier }),
    LOST: lost,
    LEFT: left,
    PLANS: Object.keys(sections.plans).join(', ') || plan,
    PLAN: plan,
    DATABASE: plain(source?.database ?? 'shop'),
    PRIMARY: targetIn(sections, (zone) => zone === lost) ?? 'primary',
    STANDBY: standby ?? 'standby',
    SPARE: targetIn(sections, (zone, name) => zone !== lost && name !== standby) ?? 'spare',
    RECORD: `service.${domain}`,
    VALUE: `service-${left}.${domain}`,
  };
}

function targetIn({ targets }: Sections, fits: (zone: string, name: string) => boolean): string | undefined {
  return Object.keys(targets).find((name) => fits(lookUp(targets, name)?.zone ?? '', name));
}

/** A database's name may have any letters; in a template it is only there to start from. */
function plain(database: string): string {
  return /^\w{1,40}$/.test(database) ? database : 'database';
}

/**
 * A policy's text with one more runbook at the end of its `runbooks`, and the communication plan of its messages where there
 * is none; everything else stays as it was written.
 *
 * @throws HoldfastError `bad-policy` when the text can't be read, `bad-usage` when there is no place for the runbook
 */
export function withRunbook(policy: string, name: string, runbook: string): string {
  return `${withBlock(policy, name, runbook)}${planFor(policy, runbook)}`;
}

function withBlock(policy: string, name: string, runbook: string): string {
  const document = parseDocument(policy, { logLevel: 'silent', prettyErrors: false });
  const root = document.contents;
  if (document.errors.length > 0 || !isMap(root))
    throw new HoldfastError('bad-policy', 'The policy is no YAML that could be added to.', {
      hint: 'See `holdfast validate`, or print the runbook with --stdout.',
    });
  const pair = root.items.find(({ key }) => isScalar(key) && key.value === 'runbooks');
  const block = runbook.endsWith('\n') ? runbook : `${runbook}\n`;
  if (pair === undefined) return `${ended(policy)}\nrunbooks:\n${block}`;

  const { key, value } = pair;
  if ((isMap(value) && value.items.length === 0) || (isScalar(value) && value.value === null)) {
    const start = isScalar(key) ? (key.range?.[0] ?? 0) : 0;
    return `${policy.slice(0, start)}runbooks:\n${block}${policy.slice(endOfLine(policy, start))}`;
  }
  if (isMap(value) && value.has(name))
    throw new HoldfastError('bad-usage', 'The policy has a runbook of this name, which was left as it is.', {
      hint: 'Rename or remove it, or print the template with --stdout.',
    });
  if (!isMap(value) || value.flow === true || value.range == null)
    throw new HoldfastError('bad-usage', 'The runbooks of this policy stand on one line, or are none.', {
      hint: 'Write `runbooks:` with each on lines of its own, or print the template with --stdout.',
    });
  const [first] = value.items;
  const column = columnOf(policy, isScalar(first?.key) ? (first.key.range?.[0] ?? 0) : 0);
  const end = endOfBlock(policy, value.range[1]);
  return `${ended(policy.slice(0, end))}${indented(block, column)}${policy.slice(end)}`;
}

/** Behind the last line of a block: its range ends there or within it. */
function endOfBlock(text: string, offset: number): number {
  return offset > 0 && text[offset - 1] === '\n' ? offset : endOfLine(text, offset);
}

function endOfLine(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  return newline < 0 ? text.length : newline + 1;
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

/** Templates stand two spaces in. */
function indented(block: string, column: number): string {
  const indent = ' '.repeat(column);
  return block.replaceAll(/^ {2}(?=\S| )/gm, indent);
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
