import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { policyOnceApplied } from '../../../policy/once-applied.ts';
import { fullWith, loadText } from './support.ts';

describe('a policy that was applied once', () => {
  it('says of its plans what it said when it was loaded, for how long copies are locked above all', async () => {
    const { policy, source } = await loadText(fullWith());
    const locks = (plans: typeof policy.plans) =>
      Object.values(plans).map(({ name, copies }) => [
        name,
        copies.map((copy) => (copy.kind === 's3' ? copy.lock : undefined)),
      ]);
    const found = policyOnceApplied(Buffer.from(source), policy.hash);
    expect(locks(found?.plans ?? {})).toEqual(locks(policy.plans));
    expect(JSON.stringify(locks(policy.plans))).toContain('"mode"');
  });

  it('is none where the text is not what the hash is of', async () => {
    const { policy, source } = await loadText(fullWith());
    expect(policyOnceApplied(Buffer.from(`${source}\n`), policy.hash)).toBeNull();
  });

  it('is none where this version does not understand it', () => {
    for (const text of ['version: 7\n', 'no: [policy', '']) {
      const hash = createHash('sha256').update(text).digest('hex');
      expect(policyOnceApplied(Buffer.from(text), hash)).toBeNull();
    }
  });
});
