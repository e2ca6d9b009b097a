import { describe, expect, it } from '@jest/globals';
import { bytesBeyondMessage } from '../../../workflows/message-size.ts';
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
