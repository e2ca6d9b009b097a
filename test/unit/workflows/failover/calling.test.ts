import { describe, expect, it } from '@jest/globals';
import type { FailoverInput } from '../../../../workflows/contract-failover.ts';
import { callsOf, uncalled } from '../../../../workflows/failover/calling.ts';
import { speakers } from '../../../support/messages.ts';
import { failoverInput, runbook } from '../../../support/runbooks.ts';

const input = (changes: Partial<FailoverInput> = {}) =>
  failoverInput(runbook([]), { people: speakers, ...changes });

describe('a declaration', () => {
  const disaster = {
    ...{ name: 'flood', class: 'critical' as const, say: 'Water', runbook: 'shop-failover' },
    ...{ severity: 'warning' as const, roles: ['ops'], tell: ['director'] },
  };
  const of = (changes: Partial<FailoverInput>) =>
    callsOf(input(changes), { workflowId: 'failover/x', prefix: 'P: ' });

  it('calls whom the disaster names, as loudly as it says, and tells others', () => {
    expect(of({ disaster })).toMatchObject([
      {
        severity: 'warning',
        roles: ['ops'],
        sentence: expect.stringMatching(/^P: You are called\. .*flood \(critical\)/),
      },
      {
        severity: 'warning',
        roles: ['director'],
        sentence: expect.stringMatching(/^P: For your information/),
      },
    ]);
    expect(of({ disaster: { ...disaster, tell: [] } })).toHaveLength(1);
  });

  it('tells everybody without one, and wakes nobody for a rehearsal', () => {
    const [call, ...others] = of({});
    expect(others).toEqual([]);
    expect(call).toMatchObject({ severity: 'critical' });
    expect(call).not.toHaveProperty('roles');
    expect(of({ disaster, mode: 'drill' }).map(({ severity }) => severity)).toEqual(['info', 'info']);
  });

  it('names whom people must call where no alerts are reached', () => {
    const { alertZone: _, ...cut } = input({ disaster });
    expect(uncalled(cut)).toBe(
      'Nobody was called for flood: this run reaches no alerts. Call ops (ops-1, ops-2) yourself, and tell director.',
    );
    expect(uncalled({ ...cut, disaster: { ...disaster, tell: [] } })).toMatch(/yourself\.$/);
    expect(uncalled({ ...cut, alertZone: 'ams' })).toBeNull();
    expect(uncalled({ ...cut, mode: 'drill' })).toBeNull();
    expect(uncalled({ ...failoverInput(runbook([])), mode: 'real' })).toBeNull();
  });
});
