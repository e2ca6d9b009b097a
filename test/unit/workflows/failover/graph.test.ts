import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  areNeedsMet,
  predict,
  promotionBehind,
  undoOrder,
  wavesOf,
} from '../../../../workflows/failover/graph.ts';
import { graphs } from '../../../support/runbook-graphs.ts';
import { command, step } from '../../../support/runbooks.ts';

describe('the order of steps', () => {
  it('puts each after everything that it needs, in as few waves as there can be', () => {
    fc.assert(
      fc.property(graphs(), (steps) => {
        const waves = wavesOf(steps);
        const wave = new Map(waves.flatMap((each, index) => each.map(({ id }) => [id, index] as const)));
        expect(waves.flat()).toHaveLength(steps.length);
        for (const { id, needs } of steps) {
          const before = needs.map((need) => wave.get(need) ?? -1);
          expect(wave.get(id)).toBe(Math.max(-1, ...before) + 1);
        }
      }),
    );
  });

  it.each([
    [
      'a circle',
      [
        { id: 'a', needs: ['b'] },
        { id: 'b', needs: ['a'] },
      ],
    ],
    ['a need that is not there', [{ id: 'a', needs: ['nothing'] }]],
  ])('is refused for %s', (_, steps) => {
    expect(() => wavesOf(steps)).toThrow(RangeError);
  });

  it('lets a step begin after a skipped one, and not after one that asks or was undone', () => {
    const needing = { id: 'b', needs: ['a'] };
    for (const [state, met] of [
      ['passed', true],
      ['passed-with-exceptions', true],
      ['skipped', true],
      ['asking', false],
      ['running', false],
      ['undone', false],
      ['not-reached', false],
    ] as const)
      expect(areNeedsMet(needing, [{ id: 'a', state }])).toBe(met);
    expect(areNeedsMet(needing, [])).toBe(false);
  });
});

describe('undoing', () => {
  it('never undoes a step before one that needed it', () => {
    fc.assert(
      fc.property(graphs(), fc.nat(3), (steps, ties) => {
        const waves = wavesOf(steps);
        const at = (id: string) => waves.findIndex((wave) => wave.some((each) => each.id === id));
        const begun = steps.map((each) => ({
          ...each,
          startedAt: `2026-11-21T00:00:${String(Math.floor(at(each.id) / (ties + 1))).padStart(2, '0')}.000Z`,
        }));
        const order = undoOrder(begun).map(({ id }) => id);
        for (const { id, needs } of begun)
          for (const need of needs) expect(order.indexOf(id)).toBeLessThan(order.indexOf(need));
      }),
    );
  });
});

describe('a name', () => {
  const steps = [
    { id: 'early', do: 'dns.update', needs: [] },
    { id: 'promote', do: 'postgres.promote', needs: ['early'] },
    { id: 'deploy', do: 'command', needs: ['promote'] },
    { id: 'dns', do: 'dns.update', needs: ['deploy'] },
    { id: 'beside', do: 'dns.update', needs: [] },
  ] as const;
  const behind = (id: string, done: (id: string) => boolean = () => true) => {
    const step = steps.find((each) => each.id === id);
    if (step === undefined) throw new Error(`no step ${id}`);
    return promotionBehind(step, steps, done);
  };

  it('leads to the promotion that it was changed after, also by way of other steps', () => {
    expect(behind('dns')).toBe('promote');
    expect(behind('early')).toBeNull();
    expect(behind('beside')).toBeNull();
    expect(behind('deploy')).toBeNull();
  });

  it('leads to none that was not made', () => {
    expect(behind('dns', (id) => id !== 'promote')).toBeNull();
  });
});

describe('a prediction', () => {
  const book = {
    steps: [
      command('fence', ['true']),
      command('backups', ['true']),
      command('promote', ['true'], { needs: ['fence', 'backups'] }),
      step('settle', { do: 'wait', seconds: 30 }, { needs: ['promote'] }),
      command('return', ['true'], { needs: ['settle'], phase: 'return' }),
    ],
  };

  it('is the longest way, without the return to normal', () => {
    const { rto, ends } = predict(book, { fence: 10, backups: 100, promote: 5, return: 900 });
    expect(rto).toBe(135);
    expect(ends.fence).toBe(10);
    expect(ends.return).toBe(1035);
  });

  it('says nothing where a step on the way was never measured', () => {
    const { rto, ends } = predict(book, { fence: 10, promote: 5 });
    expect(rto).toBeNull();
    expect(ends.fence).toBe(10);
  });
});
