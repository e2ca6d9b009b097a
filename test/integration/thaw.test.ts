import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { directoryOf, parseMarker } from '../../repository/index.ts';
import { type Frozen, frozenBackup, openFrozen, usualThaw } from '../support/frozen.ts';
import { withStores } from '../support/past.ts';
import { failureOf } from '../support/stage.ts';

let frozen: Frozen;

beforeAll(async () => {
  frozen = await openFrozen(10);
});

afterEach(() => frozen?.clear());

afterAll(() => frozen?.close());

/** Whoever is asked for a copy says that it comes, and brings nothing. */
const bringNothing = (path = /./) =>
  frozen.proxy.add({ method: 'POST', path, times: 9999, action: { do: 'answer', status: 200 } });

const restores = () => frozen.told.filter((line) => line.startsWith('restore'));

describe('a restore from an archive class', () => {
  it('takes a copy that can be read now before a nearer one that has to be waited for', async () => {
    const { near, far } = await frozen.copies('near');
    const run = await frozen.restore([near, far]);
    expect(await run.result()).toMatchObject({ result: 'passed', repository: 'far', exceptions: [] });
    expect([...frozen.told].sort()).toEqual(['look far 0/3', 'look near 1/3', 'restore far']);
  });

  it('asks for a copy, waits for hours, and goes on; it does not expire meanwhile', async () => {
    const { near } = await frozen.copies('near', 'far');
    const run = await frozen.restore([near]);
    expect(await run.result()).toMatchObject({ result: 'passed', repository: 'near', bytes: 4 });
    expect(frozen.told[0]).toBe('look near 1/3');
    expect(frozen.told[1]).toBe('ask near 1/3');
    expect(frozen.told.slice(-2)).toEqual(['ask near 0/3', 'restore near']);
    const { events } = await run.fetchHistory();
    const timers = (events ?? []).flatMap(({ timerStartedEventAttributes: timer }) =>
      timer?.startToFireTimeout?.seconds == null ? [] : [Number(timer.startToFireTimeout.seconds)],
    );
    expect(timers.slice(0, 3)).toEqual([300, 600, 1200].slice(0, timers.length));
    expect(Math.max(...timers)).toBeLessThanOrEqual(3600);
    expect(timers.length).toBeGreaterThan(0);
    await withStores([near], async (store) => {
      const listed = await store.list(directoryOf(frozenBackup));
      const markers = listed.map(({ key }) => parseMarker(key.split('/').at(-1) ?? ''));
      expect(markers.filter((marker) => marker?.kind === 'reading')).toEqual([
        { kind: 'reading', id: expect.any(String), until: expect.any(String) },
      ]);
    });
  });

  it('asks again when a look fails, and tells when the archive brings nothing back in time', async () => {
    const { near, far } = await frozen.copies('near', 'far');
    frozen.failing.push(...Array.from({ length: 3 }, () => 'the connection was lost'));
    bringNothing(/near/);
    const run = await frozen.restore([near, far], { days: 1, patience: 2 * 86_400 });
    expect(await run.result()).toMatchObject({
      result: 'passed-with-exceptions',
      repository: 'far',
      exceptions: [
        expect.stringMatching(/copy in near.* not brought it back to near within 2d.*1 of its 3 files/),
      ],
    });
  });

  it('ends with the service’s own words when the archive may not be asked', async () => {
    const { near } = await frozen.copies('near');
    frozen.proxy.add({ method: 'POST', times: 99, action: { do: 'answer', status: 403 } });
    const failure = await failureOf((await frozen.restore([near])).result());
    expect(failure).toMatchObject({
      code: 'access-denied',
      sentence: expect.stringMatching(/asking the archive/),
    });
    expect(restores()).toEqual([]);
  });

  it('that began before this was known tries the copies in their order', async () => {
    const { near } = await frozen.copies('near');
    const run = await frozen.restore([near], null);
    expect(await failureOf(run.result())).toMatchObject({ sentence: expect.stringMatching(/archive class/) });
    expect(frozen.told).toEqual([]);
  });

  it('stops waiting when it is cancelled', async () => {
    const { near } = await frozen.copies('near');
    bringNothing();
    const run = await frozen.restore([near], { days: 1, patience: 400 * 86_400 });
    await run.cancel();
    await expect(run.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(restores()).toEqual([]);
  });
});

describe('a restore test of copies in an archive class', () => {
  const test = async (...asked: Parameters<Frozen['test']>) => (await frozen.test(...asked)).result();

  it('leaves them out, and its report says so', async () => {
    const { near, far } = await frozen.copies('near');
    expect(await test([near, far])).toMatchObject({
      verdict: 'proven',
      attempts: [{ repository: 'far' }],
      picked: expect.arrayContaining([
        expect.stringMatching(/^1 copy in near lies in an archive class and was left out/),
      ]),
    });
    expect(frozen.told).toEqual(['test far']);
  });

  it('proves nothing where there is nothing else, and asks for none', async () => {
    const { near, far } = await frozen.copies('near', 'far');
    const result = await test([near, far]);
    expect(result).toMatchObject({ result: 'aborted', verdict: 'untested', backup: null, attempts: [] });
    expect(result.exceptions.join(' ')).toMatch(
      /1 copy in near lies in an archive class.*1 copy in far lies/,
    );
    expect(frozen.told).toEqual([]);
  });

  it('asks for the one whose turn it is where the policy bears the cost, and waits for hours', async () => {
    const { near, far } = await frozen.copies('near');
    const result = await test([near, far], usualThaw);
    expect(result).toMatchObject({ verdict: 'proven', attempts: [{ repository: 'near' }] });
    expect(frozen.told.slice(0, 2)).toEqual(['look near 1/3', 'ask near 1/3']);
    expect(frozen.told.slice(-2)).toEqual(['ask near 0/3', 'test near']);
  });

  it('goes on to the next copy when the archive brings nothing back in time', async () => {
    const { near, far } = await frozen.copies('near');
    bringNothing(/near/);
    const result = await test([near, far], { days: 1, patience: 2 * 86_400 });
    expect(result).toMatchObject({
      verdict: 'proven',
      attempts: [
        { repository: 'near', verdict: 'untested', reason: { code: 'stalled' }, scratchGone: true },
        { repository: 'far', verdict: 'proven' },
      ],
    });
    expect(result.exceptions[0]).toMatch(/could not be tested, because: .* not brought it back .* within 2d/);
  });
});
