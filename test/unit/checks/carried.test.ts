import { describe, expect, it } from '@jest/globals';
import { asCarried } from '../../../activities/copies-judge.ts';
import type { CopiesFact, CopiesJudgement } from '../../../workflows/contract-checks.ts';
import { bytesBeyondMessage } from '../../../workflows/message-size.ts';

const fact = (plan: string, more: Partial<CopiesFact> = {}): CopiesFact => ({
  ...{ plan, check: 'copies', subject: plan, outcome: 'no' },
  sentence: `There are 2 copies of ${plan} with production, and the policy wants 3 of them, in other places.`,
  ...more,
});

const judgement = (facts: CopiesFact[]): CopiesJudgement => ({
  ...{ result: 'failed', plans: [], facts, exceptions: ['a key was not tried'], evidence: null },
  findings: facts.map(({ subject, sentence }) => ({
    ...{ kind: 'too-few-copies', severity: 'critical', subject, sentence },
  })),
});

describe('the judgement on the copies of a fleet', () => {
  it('tells every fact while they are few', () => {
    const judged = judgement([fact('shop'), fact('crm')]);
    expect(asCarried(judged)).toEqual(judged);
  });

  it('tells as many as one message carries, what was put right before all, and that there are more', () => {
    const mended = fact('last', { outcome: 'yes', mended: true });
    const judged = judgement([...Array.from({ length: 6000 }, (_, index) => fact(`plan-${index}`)), mended]);
    expect(bytesBeyondMessage(judged)).not.toBeNull();
    const carried = asCarried(judged);
    expect(bytesBeyondMessage(carried)).toBeNull();
    expect(carried.findings).toEqual(judged.findings);
    expect(carried.facts.slice(0, 2)).toEqual([mended, fact('plan-0')]);
    expect(carried.facts.length).toBeGreaterThan(1000);
    expect(carried.exceptions).toEqual([
      'a key was not tried',
      expect.stringMatching(/^\d+ of 6001 facts are told in the report alone/),
    ]);
  });
});
