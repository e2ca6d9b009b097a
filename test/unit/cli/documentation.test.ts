import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { everyCommand } from '../../support/cli.ts';

it.each(await everyCommand())(
  'docs/command-line.md has holdfast %s with all its options',
  async (words, command) => {
    const page = await readFile(join(import.meta.dirname, '../../../docs/command-line.md'), 'utf8');
    const [, section = ''] = page.split(`## holdfast ${words}\n`);
    const [synopsis = ''] = section.split('\n## ');
    for (const { long } of command.options) expect(synopsis).toContain(long);
    for (const argument of command.registeredArguments) {
      const names = argument.argChoices ?? [argument.name().toUpperCase()];
      for (const name of names) expect(synopsis).toContain(name);
    }
  },
);
