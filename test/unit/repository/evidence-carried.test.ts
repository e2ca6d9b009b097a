import { describe, expect, it } from '@jest/globals';
import { carryEvidence, openCarried, type SignedEvidence } from '../../../repository/index.ts';
import { bytesBeyondMessage } from '../../../workflows/message-size.ts';

const signed = (text: string): SignedEvidence => ({
  path: 'drill/2026/11/20261121T010000Z-shop',
  json: JSON.stringify({ text }),
  signature: '-----BEGIN SSH SIGNATURE-----\n',
  markdown: `# Drill\n\n${text}\n`,
  sha256: 'a'.repeat(64),
});

describe('a signed report on its way through Temporal', () => {
  it('can be read there while it is small', () => {
    const evidence = signed('went "well"');
    expect(carryEvidence(evidence)).toEqual(evidence);
    expect(openCarried(carryEvidence(evidence))).toEqual(evidence);
  });

  it('is what it was, to the letter, also where one message would not carry it', () => {
    const evidence = signed('a line with "quotes" — ü 語\r\n'.repeat(60_000));
    expect(bytesBeyondMessage(evidence)).not.toBeNull();
    const carried = carryEvidence(evidence);
    expect(bytesBeyondMessage(carried)).toBeNull();
    expect(carried).toMatchObject({ path: evidence.path, sha256: evidence.sha256 });
    expect(openCarried(carried)).toEqual(evidence);
  });
});
