import { describe, expect, it } from '@jest/globals';
import { printedProblems, smallest } from './support.ts';

/** What is wrong with the YAML itself, and where it must be shown. */
const cases: [name: string, text: string | Uint8Array, expected: string][] = [
  ['an empty file', '', '1:1  the policy is empty; `holdfast init` writes one to start from'],
  ['only a comment', '# nothing\n', '1:1  the policy is empty; `holdfast init` writes one to start from'],
  ['a list', '- version: 1\n', '1:1  a policy is a mapping of sections'],
  ['a word', 'hunter2\n', '1:1  a policy is a mapping of sections'],
  [
    'a duplicate key',
    `${smallest}version: 1\n`,
    '14:1  this key is here twice in one mapping; keep one of them',
  ],
  ['a tab', 'version: 1\nzones:\n\thome: {}\n', '3:1  a tab is used to indent; indent with spaces'],
  ['two documents', `${smallest}---\nversion: 1\n`, '14:1  a second YAML document starts here'],
  ['an open quote', 'version: 1\norganization: "hunter2\n', '3:1  a closing quote'],
  ['an open bracket', 'version: 1\nresidency: [EU\nzones: {}\n', '3:1  the indentation does not fit'],
  [
    'a reserved letter',
    'version: 1\norganization: @hunter2\n',
    "2:15  a value can't start with this character",
  ],
  ['a value like an alias', 'version: 1\norganization: *hunter2\n', '2:15  a value starts with `*`'],
  ['a value like a tag', 'version: 1\norganization: !hunter2 x\n', '2:15  a value starts with `!`'],
  ['a bad escape', 'version: 1\norganization: "\\q"\n', '2:16  no such backslash escape'],
  ['a colon in a value', 'version: 1\norganization: a: hunter2\n', '2:15  a mapping starts inside a value'],
  ['a mapping as key', 'version: 1\n? {hunter2: 1}\n: 1\n', '2:3  a key must be a plain word'],
  ['a NUL', 'version: 1\norganization: a\0b\n', '2:16  a NUL character is here; save the file as UTF-8 text'],
  [
    'an escaped NUL',
    smallest.replace('Example BV', '"a\\0b"'),
    '2:15  organization  a control character is in this',
  ],
  [
    'an escaped next-line sign',
    smallest.replace('Example BV', '"a\\Nb"'),
    '2:15  organization  a control character is in this',
  ],
  ['UTF-16', new Uint8Array([0xff, 0xfe, 0x76, 0]), '1:1  this file is not UTF-8 text; save it as UTF-8'],
  ['brackets without end', `version: ${'['.repeat(20_000)}`, '1:1  this line is too long'],
  ['brackets on many lines', `version:\n${' [\n'.repeat(3000)}`, '66:1  the nesting is too deep here'],
  ['lists in lists without end', `version:\n${'- '.repeat(4000)}`, '2:1  the nesting is too deep here'],
  ['indents without end', `${' '.repeat(300)}version: 1`, '1:1  the nesting is too deep here'],
  [
    'an alias of itself',
    smallest.replace('{ kind: filesystem', '&a { x: *a, kind: filesystem'),
    '9:15  repositories.local.x  unknown key',
  ],
  ['an alias bomb', bomb(), '1:1  the aliases (*name) make too much of too little'],
  ['a merge key', `${smallest}<<: { version: 1 }\n`, '14:1  ?  unknown key; merge keys are not read here'],
];

describe('YAML that is not a policy', () => {
  it.each(cases)('%s is told in a sentence with its line', async (_name, text, expected) => {
    const [first, ...rest] = await printedProblems(text);
    expect(first).toContain(`policy.yaml:${expected}`);
    expect([first, ...rest].join('\n')).not.toContain('hunter2');
  });

  it('still checks the rest beside a duplicate key', async () => {
    const problems = await printedProblems(smallest.replace('site: home', 'site: a, site: b, sitte: c'));
    expect(problems).toEqual([
      'policy.yaml:4:32  this key is here twice in one mapping; keep one of them',
      'policy.yaml:4:41  zones.home.sitte  unknown key; did you mean "site"?',
    ]);
  });
});

/** Each level ten times the level before it. */
function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const before = level === 0 ? 'x' : `*l${level - 1}`;
    return `l${level}: &l${level} [${Array.from({ length: 10 }, () => before).join(', ')}]`;
  });
  return `${levels.join('\n')}\n`;
}
