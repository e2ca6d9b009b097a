import { describe, expect, it } from '@jest/globals';
import { faultOfCheck } from '../../../cli/status/watch.ts';
import { wrongOf } from '../../../cli/status/wrong.ts';
import { documentOf, printed } from '../../support/status.ts';
import { copiesOf, surveyOf } from '../../support/surveys.ts';

const away = {
  standings: null,
  alerts: null,
  watch: [{ subject: 'temporal', sentence: 'No Temporal server answers.' }],
};

describe('the status without Temporal', () => {
  it('tells what repositories hold, takes nothing else for known, and is not well', () => {
    const document = documentOf(['crm'], away);
    expect(document).toMatchObject({
      well: false,
      plans: [
        {
          ...{ worker: null, applied: null, paused: null, running: [], next: null, last: null, faults: [] },
          ...{ lastGood: { age: 3600 }, copies: { good: 2, wanted: 2, offsite: true } },
        },
      ],
    });
    const lines = printed(document);
    expect(lines[1]).toMatch(/^crm +2\/2 offsite +1h +2026-11-20 +14h ago +unknown +ok$/);
    expect(lines.at(-1)).toBe('Not all is well: 1 of 1 plans stand well, by what their repositories hold.');
    expect(wrongOf(document)).toEqual([
      { level: 'fault', subjects: ['temporal'], sentence: 'No Temporal server answers.' },
    ]);
  });

  it('still finds a copy that lags behind', () => {
    const behind = copiesOf('crm', { newest: '20261120T010000Z-00000001' });
    const surveys = [surveyOf('local', [copiesOf('crm')]), surveyOf('offsite', [behind])];
    const [plan] = documentOf(['crm'], { ...away, surveys }).plans;
    expect(plan?.faults).toEqual([expect.stringContaining('offsite lacks its newest backup')]);
  });
});

describe('a check that nobody has to ask for', () => {
  const live = (paused: boolean) => ({ paused });

  it.each<[string, ReturnType<typeof live> | null, boolean, string | null]>([
    ['runs', live(false), false, null],
    ['is paused by the policy', live(true), true, null],
    ['is paused by hand', live(true), false, 'paused by hand'],
    ['is not there', null, false, 'run `holdfast apply`'],
    ['is not there, and is to be paused', null, true, 'run `holdfast apply`'],
  ])('that %s', (_, found, paused, sentence) => {
    const faults = faultOfCheck({ check: 'check health', live: found, paused });
    expect(faults).toEqual(
      sentence === null ? [] : [{ subject: 'check health', sentence: expect.stringContaining(sentence) }],
    );
  });
});
