import { describe, expect, it } from '@jest/globals';
import { untilSeen } from '../../../cli/recover/follow.ts';
import { HoldfastError } from '../../../policy/errors.ts';

const silence = () => new HoldfastError('unreachable', 'Nobody is there.');
const { signal } = new AbortController();

describe('a run that is followed', () => {
  it('may not answer for a while', async () => {
    const answers = [silence(), null, silence(), 'over'];
    const look = async () => {
      const answer = answers.shift() ?? null;
      if (answer instanceof Error) throw answer;
      return answer;
    };
    expect(await untilSeen(look, { what: 'failover/x', patience: 60, every: 1, signal })).toBe('over');
  });

  it('is given up after a silence, and is kept', async () => {
    const look = () => Promise.reject(silence());
    await expect(
      untilSeen(look, { what: 'failover/x', patience: 0.01, every: 1, signal }),
    ).rejects.toMatchObject({
      code: 'unreachable',
      message: 'failover/x has not answered for 0.01 s: Nobody is there.',
      hint: 'What was declared is kept: the same command goes on with it.',
    });
  });

  it('is left when it is interrupted, whatever it says', async () => {
    const stop = new AbortController();
    const look = async () => {
      stop.abort(new Error('Ctrl-C'));
      throw silence();
    };
    await expect(
      untilSeen(look, { what: 'failover/x', patience: 0, every: 1, signal: stop.signal }),
    ).rejects.toThrow('Ctrl-C');
  });
});
