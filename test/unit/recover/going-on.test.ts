import { describe, expect, it } from '@jest/globals';
import { goneOnWith } from '../../../cli/recover/going-on.ts';
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
  prints: { salt: 'a1', of: { '--key databases': 'AAAA' } },
};
const kept = (changes: Partial<RecoveryState> = {}): RecoveryState => ({
  ...begun,
  format: 'holdfast-recovery/1',
  declared: { at: '2026-11-21T13:00:00.000Z', by: 'commander-1' },
  ended: null,
  served: { pid: 4711, port: 7233 },
  ...changes,
});
const here = { directory: '/root/holdfast-recovery', alive: false, faults: {} };

describe('what a directory keeps', () => {
  it('goes on when the same is meant', () => {
    expect(goneOnWith(kept(), begun, here)).toEqual({ remarks: [] });
  });

  it.each([
    ['is nothing', null],
    ['has ended', kept({ ended: '2026-11-21T14:00:00.000Z' })],
    ['has ended and was another one', kept({ runbook: 'fire', ended: '2026-11-21T14:00:00.000Z' })],
    ['was never declared', kept({ declared: null, runbook: 'fire' })],
  ])('lets a run begin anew when it %s', (_what, state) => {
    expect(goneOnWith(state, begun, here)).toBeNull();
  });

  it('names all that differs, and the options that it goes on with', () => {
    const other = kept({
      ...{ from: 's3://a', bucket: '--region nl --credentials SAFE', zones: ['ams', 'home'] },
      ...{ disaster: 'fire', signingKey: '/safe/dr' },
    });
    expect(() => goneOnWith(other, { ...begun, bucket: '' }, here)).toThrow(
      expect.objectContaining({
        code: 'already-exists',
        message:
          'failover/site-loss is under way in /root/holdfast-recovery, declared by commander-1 at 2026-11-21T13:00:00.000Z, and was begun otherwise: the disaster was fire, and is none now; --from was s3://a --region nl --credentials SAFE, and is /mnt/copy now; --zone was ams, home, and is ams now; --signing-key was /safe/dr, and is none now.',
        hint: 'For something else name another --state, once this run has ended. It goes on with: --from s3://a --region nl --credentials SAFE --applied 20261121T120000Z-a2db8b18 --disaster fire --zone ams --zone home --key databases=/safe/databases.asc --signing-key /safe/dr',
      }),
    );
  });

  it('is not served a second time, whatever it is', () => {
    expect(() => goneOnWith(kept({ ended: 'x' }), begun, { ...here, alive: true })).toThrow(
      '(process 4711) is at work there',
    );
  });
});

it('may be read at another place, which is told; a bucket is not', () => {
  const [before, now] = [kept({ bucket: '' }), { ...begun, bucket: '', from: '/media/b/copy' }];
  expect(goneOnWith(before, now, here)).toEqual({
    remarks: ['The repository is read in /media/b/copy now, and no more in /mnt/copy.'],
  });
  const refused = 'begun otherwise: --from was /mnt/copy, and is /media/b/copy';
  expect(() => goneOnWith(kept({ bucket: '', prints: undefined }), now, here)).toThrow(refused);
  expect(() => goneOnWith(before, { ...now, bucket: '--region nl' }, here)).toThrow(refused);
});

describe('a key that a run is gone on with', () => {
  const elsewhere = { ...begun, keys: { databases: '/media/b/databases.asc' } };
  const printed = (of: Record<string, string>) => ({ prints: { salt: 'a1', of } });
  const another = { ...elsewhere, ...printed({ '--key databases': 'BBBB' }) };

  it('may lie elsewhere, and be one that can not be read now, or could not be then', () => {
    for (const [before, now] of [
      [kept(), elsewhere],
      [kept(), { ...elsewhere, ...printed({}) }],
      [kept(printed({})), elsewhere],
    ] as const)
      expect(goneOnWith(before, now, here)).toEqual({ remarks: [] });
  });

  it('may be another one that does as well, which is told', () => {
    expect(goneOnWith(kept(), another, here)).toEqual({
      remarks: ['/media/b/databases.asc holds another key than the run was begun with; it is taken.'],
    });
  });

  it('is no other one that does not do', () => {
    const faults = { '--key databases': 'It is of another key. Bring the right one.' };
    expect(() => goneOnWith(kept(), another, { ...here, faults })).toThrow(
      'was begun otherwise: --key databases is another key now, which does not do: It is of another key. Bring the right one.',
    );
    // Begun with it, as people were told.
    expect(goneOnWith(kept(), elsewhere, { ...here, faults })).toEqual({ remarks: [] });
  });

  it('is found by its path alone by a run of before, and so is its bucket', () => {
    const old = { prints: undefined, bucket: undefined };
    expect(() => goneOnWith(kept(old), elsewhere, here)).toThrow(
      'begun otherwise: --key databases was /safe/databases.asc, and is /media/b/databases.asc now.',
    );
    expect(goneOnWith(kept(old), { ...begun, bucket: '--region nl' }, here)).toEqual({ remarks: [] });
  });
});
