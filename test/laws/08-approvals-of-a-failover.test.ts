import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Person } from '../../policy/resolved.ts';
import { checkPersonSignature } from '../../repository/person-signature.ts';
import { sign } from '../../repository/signing.ts';
import { approvalNamespace } from '../../workflows/contract-deletion.ts';
import type { FailoverInput } from '../../workflows/contract-failover.ts';
import {
  type FailoverMessageName,
  type FailoverSaid,
  failoverNamespace,
} from '../../workflows/contract-failover-messages.ts';
import { follow } from '../../workflows/failover/follow.ts';
import { isMet } from '../../workflows/failover/graph.ts';
import { whyNot } from '../../workflows/failover/messages.ts';
import {
  ask,
  attempt,
  begin,
  fail,
  isOver,
  isReady,
  openingState,
  pass,
  type RunState,
  withoutAnswer,
} from '../../workflows/failover/state.ts';
import { messageText } from '../../workflows/failover/text.ts';
import { inDirectory, makeSshKey } from '../support/keys.ts';
import { graphs } from '../support/runbook-graphs.ts';
import { failoverInput, people, runbook, step } from '../support/runbooks.ts';

const at = '2026-11-21T10:00:00.000Z';
const names = ['commander-1', 'ops-1', 'ops-2', 'ops-2', 'ops-3', 'ops-3', 'dba-1', 'dba-1', 'mallory'];
/** Two of operations who did not declare the run, so that a step may want both. */
const crowd = [...people, { name: 'ops-3', roles: ['ops'], sshKeys: [] }];
const hashOf = (id: string, round: number) => `${id.length}${round}`.padEnd(64, 'a');

/** What can come, in any order: time goes on for a step, somebody speaks, a signature was checked. */
const events = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('goes-on' as const), step: fc.nat(30), well: fc.boolean() }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('says' as const),
      name: fc.constantFrom<FailoverMessageName>(
        'approve',
        'approve',
        'approve',
        'reject',
        'complete',
        'skip',
        'retry',
        'note',
        'take-over',
        'abort',
      ),
      by: fc.constantFrom(...names),
      step: fc.nat(30),
      outdated: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('checked' as const),
      which: fc.nat(2),
      good: fc.boolean(),
      key: fc.nat(3),
    }),
  },
);
type Event = typeof events extends fc.Arbitrary<infer T> ? T : never;

type Pending = { name: FailoverMessageName; said: FailoverSaid[FailoverMessageName] };

/** Plays events by the rules that the workflow plays by, and looks at every state on the way. */
function play(input: FailoverInput, sequence: readonly Event[]): { state: RunState; done: string[] } {
  let state = openingState(input, { workflowId: 'failover/x', runId: 'r', declaredAt: at });
  state = { ...state, shown: { ...state.shown, phase: 'running' } };
  const rounds = new Map<string, number>();
  const checking: Pending[] = [];
  const done: string[] = [];
  const { steps } = input.runbook;
  for (const event of sequence) {
    if (event.kind === 'goes-on') {
      const wanted = steps[event.step % steps.length];
      if (wanted !== undefined) state = goOn(state, wanted, event.well, rounds, done);
    } else if (event.kind === 'says') {
      const { id } = steps[event.step % steps.length] ?? { id: '' };
      const hash = event.outdated ? 'f'.repeat(64) : hashOf(id, rounds.get(id) ?? 0);
      const said = { by: event.by, step: id, hash, reason: 'x', evidence: 'x', text: 'x', signature: 's' };
      if (whyNot(input, state, event.name, said) === null) checking.push({ name: event.name, said });
    } else {
      const [next] = checking.splice(event.which, 1);
      if (next === undefined) continue;
      const check = event.good ? { key: `key-${event.key}` } : { refusal: 'bad' };
      const result = follow(input, state, next.name, next.said, check, at);
      if ('state' in result) state = result.state;
    }
    const faults = faultsIn(state, input);
    if (faults.length > 0) throw new Error(faults.join('; '));
  }
  return { state, done };
}

/** As `carry.ts` takes a step on: begins when its turn has come, asks, does, ends. */
function goOn(
  state: RunState,
  { id, approve, needs }: FailoverInput['runbook']['steps'][number],
  well: boolean,
  rounds: Map<string, number>,
  done: string[],
): RunState {
  const shown = state.shown.steps.find((each) => each.id === id);
  if (shown === undefined || isOver(shown) || state.shown.aborted !== null) return state;
  const asking = (before: RunState) => {
    const round = (rounds.get(id) ?? 0) + 1;
    rounds.set(id, round);
    const bound = { look: { findings: [], facts: [], choices: [] }, text: 't', hash: hashOf(id, round) };
    return ask(before, id, at, { kind: 'approval', sentence: 'go on?', bound });
  };
  if (shown.state === 'pending') {
    if (!isReady(state, { id, needs })) {
      expect(() => begin(state, id, at)).toThrow(RangeError);
      return state;
    }
    const begun = begin(state, id, at);
    return approve ? asking(begun) : begun;
  }
  const answer = state.answers[id];
  if (shown.state !== 'running') return state;
  if (answer?.kind === 'rejected') return fail(withoutAnswer(state, id), id, at, 'rejected');
  if (answer?.kind === 'retry' && approve) return asking(state);
  const tried = attempt(withoutAnswer(state, id), id);
  if (!well) return fail(tried, id, at, 'it failed');
  done.push(id);
  return pass(tried, id, at, { exceptions: [], results: [], sentence: '' });
}

/** What a state shows that must never be. */
function faultsIn(state: RunState, input: FailoverInput): string[] {
  return state.shown.steps.flatMap(({ id, needs, state: own, approvals, role }) => {
    const unmet = needs.filter(
      (need) => !state.shown.steps.some((each) => each.id === need && isMet(each.state)),
    );
    const who = approvals.map(({ by }) => by);
    const wrong = who.filter(
      (by) => by === input.person || crowd.find(({ name }) => name === by)?.roles.includes(role) !== true,
    );
    return [
      ...(own !== 'pending' && unmet.length > 0 ? [`${id} is ${own} before ${unmet.join(', ')}`] : []),
      ...(new Set(who).size === who.length ? [] : [`${id} counts somebody twice`]),
      ...wrong.map((by) => `${by} counts for ${id}`),
    ];
  });
}

describe('law 8: approvals of a failover are bound to facts', () => {
  it('begins no step before what it needs, does nothing twice, and counts nobody twice or the one who declared it', () => {
    let approved = 0;
    let together = 0;
    let ended = 0;
    fc.assert(
      fc.property(
        graphs(6),
        fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }),
        fc.array(events, { maxLength: 200, size: 'max' }),
        (graph, approvals, sequence) => {
          const steps = graph.map(({ id, needs }, index) =>
            step(
              id,
              { do: 'approve' },
              {
                needs,
                approve: approvals[index] ?? false,
                role: index % 2 === 0 ? 'ops' : 'dba',
                ...(index % 2 === 0 && approvals[index + 10] === true ? { approvals: 2 } : {}),
              },
            ),
          );
          const book = runbook(steps, { signatures: { real: 'signed', drill: 'named' } });
          const { state, done } = play(failoverInput(book, { person: 'ops-1', people: crowd }), sequence);
          expect(new Set(done).size).toBe(done.length);
          for (const id of done) {
            const shown = state.shown.steps.find((each) => each.id === id);
            const wanted = steps.find((each) => each.id === id);
            if (wanted?.approve !== true) continue;
            expect(shown?.approvals).toHaveLength(wanted.approvals ?? 1);
            approved += 1;
            if (wanted.approvals === 2) together += 1;
          }
          ended += done.length;
        },
      ),
      { numRuns: 2000, seed: 7 },
    );
    expect(approved).toBeGreaterThan(100);
    expect(together).toBeGreaterThan(5);
    expect(ended).toBeGreaterThan(500);
  });

  describe('a signature', () => {
    const run = { workflowId: 'failover/shop', runId: 'run-1' };
    const approval = { by: 'one', step: 'promote', hash: 'a'.repeat(64) };
    const approving = (changes: Partial<typeof approval>) =>
      messageText(run, 'approve', { ...approval, ...changes });
    const signedText = messageText(run, 'approve', approval);
    let one: Person;
    let signature: string;

    beforeAll(async () => {
      const key = await makeSshKey();
      one = { name: 'one', roles: ['ops'], sshKeys: [key.publicKey] };
      signature = await inDirectory((directory) =>
        sign(Buffer.from(signedText), key.privateKey, { directory, namespace: failoverNamespace }),
      );
    });

    it('holds for the run, the message, the step, the facts and the person that it names', async () => {
      expect(await checkPersonSignature(signedText, signature, one, failoverNamespace)).toMatchObject({
        holds: true,
      });
    });

    it.each([
      ['another runbook', messageText({ ...run, workflowId: 'failover/other' }, 'approve', approval)],
      ['its rehearsal', messageText({ ...run, workflowId: 'drill/shop' }, 'approve', approval)],
      ['a later run', messageText({ ...run, runId: 'run-2' }, 'approve', approval)],
      ['another message', messageText(run, 'skip', approval)],
      ['another step', approving({ step: 'fence' })],
      ['other facts', approving({ hash: 'b'.repeat(64) })],
      ['another person', approving({ by: 'two' })],
    ])('does not hold for %s', async (_, other) => {
      expect(await checkPersonSignature(other, signature, one, failoverNamespace)).toMatchObject({
        holds: false,
      });
    });

    it('does not hold for another purpose', async () => {
      expect(await checkPersonSignature(signedText, signature, one, approvalNamespace)).toMatchObject({
        holds: false,
      });
    });
  });
});
