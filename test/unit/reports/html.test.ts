import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { htmlPage } from '../../../reports/html.ts';
import { facts, list, plainText, table } from '../../../reports/markdown.ts';

/** What somebody may have called a table, or written into a note. */
const hostile = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '[click](javascript:alert(1))',
  '[click](https://evil.example/?q=1)',
  '![picture](https://evil.example/pixel.png)',
  '<https://evil.example/auto>',
  'https://evil.example/bare',
  'www.evil.example and me@evil.example',
  '"><svg onload=alert(1)>',
  '`</code><script>alert(1)</script>`',
  '```\n</pre><script>alert(1)</script>\n```',
  '| a | b |\n| --- | --- |\n| <b onclick=x> | [x](data:text/html,hi) |',
  '<!-- comment --><style>*{display:none}</style>',
  '[ref]\n\n[ref]: javascript:alert(1) "title"',
  '<a href="javascript:alert(1)">x</a>',
  '</body></html><script>alert(1)</script>',
  '# <script>alert(1)</script>',
  '    <script>alert(1)</script>',
  '- [ ] <input autofocus onfocus=alert(1)>',
];

/** The tags that a page has, each once. */
const tagsOf = (page: string): string[] =>
  [...new Set([...page.matchAll(/<\/?([a-z][a-z0-9]*)/gi)].map(([, tag = '']) => tag.toLowerCase()))].sort();

const harmless = new Set(
  (
    'html head meta title style body footer br h1 h2 h3 h4 p table thead tbody tr th td ul ol li code pre em strong ' +
    'blockquote del hr'
  )
    .split(' ')
    .sort(),
);

describe('a report as a page', () => {
  it.each(hostile)('shows %j as text', (text) => {
    const markdown = ['# Report', '', text, '', `Also ${text}`, ''].join('\n');
    const written = [
      '# Report',
      '',
      ...list([text], ''),
      ...table(['a'], [[text]], ''),
      ...facts([['x', text]]),
    ];
    for (const source of [markdown, written.join('\n'), `# ${plainText(text)}\n`]) {
      const page = htmlPage(source, [text]);
      expect(tagsOf(page).filter((tag) => !harmless.has(tag))).toEqual([]);
      const body = page.slice(page.indexOf('<body>'));
      // No attribute but the column's side, which marked gives, and the language of a code block.
      const attributes = [...body.matchAll(/<[a-z][a-z0-9]*\s+([^>]+)>/gi)].map(([, rest = '']) => rest);
      expect(attributes.filter((each) => !/^(align="\w+"|class="language-[\w-]+")$/.test(each))).toEqual([]);
    }
  });

  it('loads nothing, runs nothing, and allows its own style alone', () => {
    const page = htmlPage('# Report\n');
    const [, policy = ''] = /Content-Security-Policy" content="([^"]+)"/.exec(page) ?? [];
    const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    );
    expect(page).not.toMatch(/https?:|url\(|@import|<script|<link|<img/);
    expect(style).toMatch(/prefers-color-scheme: dark/);
    expect(style).toMatch(/@media print/);
  });

  it('keeps tables, lists, code and the boxes that are ticked on paper', () => {
    const page = htmlPage(
      '# Drill of `shop`\n\n| a | b |\n| --- | --- |\n| 1 | 2 \\| 3 |\n\n- [ ] done\n- [x] seen\n',
      ['kept'],
    );
    expect(page).toContain('<title>Drill of `shop`</title>');
    expect(page).toContain('<td>2 | 3</td>');
    expect(page).toMatch(/☐ done/);
    expect(page).toMatch(/☑ seen/);
    expect(page).toContain('<footer>\nkept<br>');
  });

  it('shows where a link leads, and leads nobody there', () => {
    const page = htmlPage('See [the plan](https://wiki.example/plan).\n');
    expect(page).toContain('See the plan (https://wiki.example/plan).');
  });
});
