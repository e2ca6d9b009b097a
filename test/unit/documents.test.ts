import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { generateJsonSchema } from '../../policy/index.ts';

const root = join(import.meta.dirname, '..', '..');
const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
const pages = [
  ...['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md'],
  ...docs.map((name) => `docs/${name}`),
];

describe('documents', () => {
  it.each(pages)('%s links to files and headings that there are', (page) => {
    expect(linksOf(page).filter((link) => !leadsSomewhere(page, link))).toEqual([]);
  });

  it.each(pages)('%s names files of docs/ that there are', (page) => {
    const named = [...textOf(page).matchAll(/\bdocs\/[\w/-]+\.(?:md|sql|json|yaml)\b/g)].map(
      ([path]) => path,
    );
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('name every key of the policy, and every weakness', () => {
    const words = new Set(codeOf('docs/policy.md').flatMap((code) => code.match(/[\w-]+/g) ?? []));
    const schema: unknown = JSON.parse(generateJsonSchema());
    const weaknesses = textOf('policy/weakness/weakness.ts').matchAll(/^ {2}\| '([a-z-]+)'/gm);
    const wanted = [...keysIn(schema), ...[...weaknesses].map(([, id = '']) => id)];
    expect(wanted.length).toBeGreaterThan(150);
    expect(wanted.filter((word) => !words.has(word))).toEqual([]);
  });

  it('are all in the list of the README', () => {
    const listed = linksOf('README.md').map((link) => link.replace(/#.*$/, ''));
    expect(docs.filter((name) => !listed.includes(`docs/${name}`))).toEqual([]);
  });
});

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(root, file))) return false;
  return heading === undefined || headingsOf(file).includes(heading);
}

const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** What a page sets as code: its blocks, and what stands between backticks. */
function codeOf(page: string): string[] {
  const text = textOf(page);
  const blocks = text.match(/^```.*?^```/gms) ?? [];
  return [...blocks, ...(text.replaceAll(/^```.*?^```/gms, '').match(/`[^`]+`/g) ?? [])];
}

/** The names that mappings of a JSON Schema may have, at any depth. */
function keysIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([name, value]) => [
    ...(name === 'properties' && typeof value === 'object' && value !== null ? Object.keys(value) : []),
    ...keysIn(value),
  ]);
}

/** Targets of a page's links, but those to other places of the web. */
function linksOf(page: string): string[] {
  const text = textOf(page).replaceAll(/^```.*?^```/gms, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) =>
    /^[a-z]+:/.test(target) ? [] : [target],
  );
}

/** A page's headings as anchors: small letters, no punctuation, hyphens in the place of spaces. */
function headingsOf(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}
