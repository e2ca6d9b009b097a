import { createHash } from 'node:crypto';
import { Marked } from 'marked';

/** Readable on paper, on a telephone and in the dark; nothing is loaded from anywhere. */
const style = `
:root { color-scheme: light dark; --line: #c8ccd1; --soft: #f3f4f6; --text: #16191d; --page: #fff; --quiet: #5b6470 }
@media (prefers-color-scheme: dark) {
  :root { --line: #3c434c; --soft: #22272e; --text: #e3e6ea; --page: #16191d; --quiet: #9aa4b0 }
}
* { box-sizing: border-box }
body { margin: 2rem auto; max-width: 62rem; padding: 0 1.2rem; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.8rem; line-height: 1.2 }
h2 { font-size: 1.3rem; margin-top: 2.2rem; border-bottom: 1px solid var(--line); padding-bottom: .2rem }
h3 { font-size: 1.05rem; margin-top: 1.6rem }
h1, h2, h3 { break-after: avoid }
table { border-collapse: collapse; margin: .8rem 0; width: 100%; font-size: .92rem }
th, td { border: 1px solid var(--line); padding: .3rem .5rem; text-align: left; vertical-align: top }
th { background: var(--soft) }
th:empty { display: none }
tr { break-inside: avoid }
code, pre { font: .88em/1.45 ui-monospace, monospace; background: var(--soft); border-radius: 3px }
code { padding: .1em .3em }
pre { padding: .7rem; white-space: pre-wrap }
pre code { padding: 0 }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: .6rem; color: var(--quiet); font-size: .85rem }
@media print {
  body { margin: 0; max-width: none; padding: 0; font-size: 10.5pt; background: #fff; color: #000 }
  pre, th, code { background: none }
}
`;

/** What a page may load and run: this style sheet, and nothing else. */
const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`;

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign);

/**
 * Whatever a report says of names and notes came from a database or a person: tags are text, an address is text beside its
 * words and no link, and a picture is its description.
 */
const markdown = new Marked({
  gfm: true,
  renderer: {
    html: ({ text }) => escaped(text),
    link({ tokens, href, text }) {
      const words = this.parser.parseInline(tokens);
      return href === text || href === `mailto:${text}` ? words : `${words} (${escaped(href)})`;
    },
    image: ({ text, href }) => `${escaped(text)} (${escaped(href)})`,
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
  },
});

/**
 * A report as one page that needs nothing beside it: no scripts, no pictures, no fonts, no links.
 *
 * @param text Markdown, as every report is written
 * @param footer what is said of the report itself: where it is kept, who signed it
 */
export function htmlPage(text: string, footer: readonly string[] = []): string {
  const [, title = 'Report'] = /^# (.+)$/m.exec(text) ?? [];
  const body = markdown.parse(text, { async: false });
  const end =
    footer.length === 0
      ? ''
      : `<footer>\n${footer.map((line) => `${escaped(line)}<br>\n`).join('')}</footer>\n`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title.replaceAll('&lt;', '<'))}</title>
<style>${style}</style>
</head>
<body>
${body}${end}</body>
</html>
`;
}
