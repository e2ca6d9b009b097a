import { describe, expect, it } from '@jest/globals';
import { isGoneOnWith } from '../../../cli/recover/going-on.ts';
import type { Begun, RecoveryState } from '../../../cli/recover/state.ts';

const begun: Begun = {
  organization: 'Example BV',
  repository: 'offsite',
  from: '/mnt/copy',
  applied: '20261121T120000Z-a2db8b18',
  runbook: 'site-loss',
  version: 'a'.repeat(64),
  disaster: null,
  zones: ['ams'],
  keys: { databases: '/safe/databases.asc' },
  signingKey: null,
};
const kept = (changes: Partial<RecoveryState> = {}): RecoveryState => ({
  ...begun,
  format: 'holdfast-recovery/1',
  declared: { at: '2026-11-21T13:00:00.000Z', by: 'commander-1' },
  ended: null,
  served: { pid: 4711, port: 7233 },
  ...changes,
});
const here = { directory: '/root/holdfast-recovery', alive: false };

describe('what a directory keeps', () => {
  it('goes on when the same is meant', () => {
    expect(isGoneOnWith(kept(), begun, here)).toBe(true);
  });

  it.each([
    ['is nothing', null],
    ['has ended', kept({ ended: '2026-11-21T14:00:00.000Z' })],
    ['has ended and was another one', kept({ runbook: 'fire', ended: '2026-11-21T14:00:00.000Z' })],
    ['was never declared', kept({ declared: null, runbook: 'fire' })],
  ])('lets a run begin anew when it %s', (_what, state) => {
    expect(isGoneOnWith(state, begun, here)).toBe(false);
  });

  it('names all that differs, and the options that it goes on with', () => {
    const other = kept({ from: '/mnt/a', zones: ['ams', 'home'], disaster: 'fire', signingKey: '/safe/dr' });
    expect(() => isGoneOnWith(other, begun, here)).toThrow(
      expect.objectContaining({
        code: 'already-exists',
        message:
          'failover/site-loss is under way in /root/holdfast-recovery, declared by commander-1 at 2026-11-21T13:00:00.000Z, and was begun otherwise: the disaster was fire, and is none now; --from was /mnt/a, and is /mnt/copy now; --zone was ams, home, and is ams now; --signing-key was /safe/dr, and is none now.',
        hint: 'For something else name another --state, once this run has ended. It goes on with: --from /mnt/a --applied 20261121T120000Z-a2db8b18 --disaster fire --zone ams --zone home --key databases=/safe/databases.asc --signing-key /safe/dr',
      }),
    );
  });

  it('is not served a second time, whatever it is', () => {
    expect(() => isGoneOnWith(kept({ ended: 'x' }), begun, { ...here, alive: true })).toThrow(
      '(process 4711) is at work there',
    );
  });
});
