import { describe, expect, it } from '@jest/globals';
import { type CommandTree, completionScript, shells } from '../../../cli/completion.ts';
import { run } from '../../../process/index.ts';
import { holdfast } from '../../support/cli.ts';

const tree: CommandTree = {
  name: 'tool',
  description: '',
  options: [{ name: '--json', description: 'as JSON' }],
  commands: [
    {
      name: 'backup',
      description: "make one's backups",
      options: [],
      commands: [
        { name: 'run', description: 'now', options: [{ name: '--wait', description: 'wait' }], commands: [] },
        { name: 'rest', description: 'later', options: [], commands: [] },
      ],
    },
    {
      name: 'drill',
      description: 'rehearse',
      options: [],
      commands: [
        { name: 'run', description: 'now', options: [{ name: '--as', description: 'who' }], commands: [] },
        { name: 'list', description: 'what was', options: [], commands: [] },
      ],
      usual: 'run',
    },
  ],
};

/** What bash would offer for the words, the last of which is being typed. */
async function offered(words: string[]): Promise<string[]> {
  const script = `${completionScript('bash', tree)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _tool
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run({ command: 'bash', args: ['-c', script] });
  return stdout.split('\n').filter((line) => line !== '');
}

describe('completion', () => {
  it('offers commands, then their subcommands, then options', async () => {
    expect(await offered(['tool', 'ba'])).toEqual(['backup']);
    expect(await offered(['tool', 'backup', 'r'])).toEqual(['run', 'rest']);
    expect(await offered(['tool', '--json', 'backup', 'run', '--'])).toEqual(['--wait', '--json']);
    expect(await offered(['tool', 'nothing', 'x'])).toEqual([]);
  });

  it('offers options after arguments, and after values of other options', async () => {
    expect(await offered(['tool', 'backup', 'run', 'shop-daily', '--w'])).toEqual(['--wait']);
    expect(await offered(['tool', '--policy', 'a.yaml', 'backup', 're'])).toEqual(['rest']);
  });

  it('offers the options of a command that is meant without its name', async () => {
    expect(await offered(['tool', 'drill', 'shop-failover', '--'])).toEqual(['--as', '--json']);
    expect(await offered(['tool', 'drill', ''])).toEqual(['run', 'list', '--as', '--json']);
    expect(await offered(['tool', 'drill', 'list', '--'])).toEqual(['--json']);
  });

  it('is a script that bash reads, for the real commands', async () => {
    const { stdout } = await holdfast(['completion', 'bash']);
    await run({ command: 'bash', args: ['-n'] }, { stdin: stdout });
    expect(stdout).toContain('verify');
    expect(stdout).toMatch(/ 'drill'\) candidates='run list .*--tabletop/);
  });

  it.each(shells)('names every command for %s', (shell) => {
    const script = completionScript(shell, tree);
    for (const word of ['backup', 'run', 'rest', 'wait', 'json']) expect(script).toContain(word);
  });
});
