import { describe, expect, it } from '@jest/globals';
import { bytesBeyondMessage, carriedOf, leftOut } from '../../../workflows/message-size.ts';
import { activitiesIn } from '../../../workflows/proxies.ts';

describe('a message of Temporal', () => {
  it('carries 2 MB, whatever characters they are', () => {
    expect(bytesBeyondMessage(undefined)).toBeNull();
    expect(bytesBeyondMessage('x'.repeat(1_999_998))).toBeNull();
    expect(bytesBeyondMessage('x'.repeat(1_999_999))).toBe(2_000_001);
    expect(bytesBeyondMessage('語'.repeat(600_000))).toBeNull();
    expect(bytesBeyondMessage('語'.repeat(700_000))).toBe(2_100_002);
    expect(bytesBeyondMessage({ quotes: '"'.repeat(999_000) })).toBeNull();
    expect(bytesBeyondMessage({ quotes: '"'.repeat(1_000_000) })).toBe(2_000_013);
  });

  it('that is larger is refused before Temporal tries it for ever', async () => {
    const { sealText } = activitiesIn('fra', { within: 60, attempts: 1 });
    const told = async (text: string) => sealText({ text });
    await expect(told('x'.repeat(3_000_000))).rejects.toMatchObject({
      type: 'bad-usage',
      message: expect.stringMatching(
        /^The activity sealText can't be told 2.9 MiB at once: Temporal carries 2 MB\./,
      ),
    });
    await expect(told('x')).rejects.toThrow(/Workflow Execution|workflow/i);
  });
});

describe('a list in a message', () => {
  const reports = Array.from({ length: 4000 }, (_, index) => ({ path: `${index}`.padStart(990, 'x') }));

  it('is whole where it is short', () => {
    expect(carriedOf(reports.slice(0, 1400))).toEqual(reports.slice(0, 1400));
    expect(leftOut(1400, 1400)).toEqual([]);
  });

  it('is its beginning where there is more than a message carries, less what goes with it, and that is said', () => {
    const carried = carriedOf(reports);
    expect(carried).toEqual(reports.slice(0, carried.length));
    expect(carried.length).toBe(1497);
    expect(carriedOf(reports, 'y'.repeat(1_000_000)).length).toBe(499);
    expect(bytesBeyondMessage({ carried, faults: leftOut(carried.length, reports.length) })).toBeNull();
    expect(leftOut(1497, 4000)).toEqual([
      'The 2503 oldest of 4000 reports were left out: there are too many.',
    ]);
  });
});
