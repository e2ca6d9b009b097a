import { describe, expect, it } from '@jest/globals';
import { type CommandSpec, startPipeline } from '../../process/index.ts';

/** Takes all its input, gives it on, and then ends with the status. */
const stage = (status: number, name: string): CommandSpec => ({
  command: 'bash',
  args: ['-c', `cat; [ ${status} = 0 ] || echo "${name} lost its mind" >&2; exit ${status}`],
});

describe('law 2: every exit status counts', () => {
  it.each([0, 1, 2])(
    'process %i of three failing fails the pipeline, with its own stderr',
    async (failing) => {
      const specs = ['first', 'second', 'third'].map((name, index) => stage(index === failing ? 3 : 0, name));
      const { stdin, stdout, done } = startPipeline(specs, { feed: true });
      stdin?.end('all of the data');
      stdout.resume();
      const name = ['first', 'second', 'third'][failing];
      await expect(done).rejects.toMatchObject({
        code: 'process-failed',
        message: `bash ended with exit status 3: ${name} lost its mind`,
      });
    },
  );

  it.each(['exec 0<&-; exit 4', 'head -c 100000 >/dev/null; exit 4'])(
    'names the process that died and not those that lost their reader (%s)',
    async (death) => {
      const specs: CommandSpec[] = [
        { command: 'bash', args: ['-c', 'cat /dev/zero'] },
        { command: 'zstd', args: ['-q', '-1', '-c'] },
        { command: 'bash', args: ['-c', `echo "no space for keys" >&2; ${death}`] },
      ];
      const { stdout, done } = startPipeline(specs);
      stdout.resume();
      await expect(done).rejects.toMatchObject({
        message: 'bash ended with exit status 4: no space for keys',
      });
    },
  );

  it('passes when all of them pass', async () => {
    const { stdin, stdout, done } = startPipeline([stage(0, 'a'), stage(0, 'b')], { feed: true });
    stdin?.end('x');
    stdout.resume();
    await expect(done).resolves.toHaveLength(2);
  });
});
