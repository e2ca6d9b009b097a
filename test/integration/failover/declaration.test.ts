import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Person } from '../../../policy/resolved.ts';
import { sign } from '../../../repository/index.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../../workflows/contract.ts';
import type { FailoverInput } from '../../../workflows/contract-failover.ts';
import { failoverNamespace } from '../../../workflows/contract-failover-messages.ts';
import { declarationText } from '../../../workflows/failover/text.ts';
import { inDirectory, makeSshKey } from '../../support/keys.ts';
import { speakers } from '../../support/messages.ts';
import { failoverInput, runbook, step } from '../../support/runbooks.ts';
import { openSkipping, type Skipping } from '../../support/skipping.ts';
import { failureOf } from '../../support/stage.ts';

let skipping: Skipping;
let count = 0;

beforeAll(async () => {
  skipping = await openSkipping(['ams']);
});

afterAll(() => skipping?.close());

describe('the declaration of a runbook that wants signatures', () => {
  // The server's clock is ahead of ours by what was skipped.
  const at = async () => new Date(await skipping.environment.currentTimeMs()).toISOString();
  let key: Awaited<ReturnType<typeof makeSshKey>>;
  let people: Person[];

  beforeAll(async () => {
    key = await makeSshKey();
    people = speakers.map((person) =>
      person.name === 'ops-1' ? person : { ...person, sshKeys: [key.publicKey] },
    );
  });

  const prepared = () => {
    count += 1;
    const book = runbook([step('halt', { do: 'wait', seconds: 1 })], {
      name: `declared-${count}`,
      signatures: { real: 'signed', drill: 'named' },
    });
    return { workflowId: `failover/${book.name}`, input: failoverInput(book, { people }) };
  };
  const execute = (workflowId: string, input: FailoverInput) =>
    skipping.environment.client.workflow.execute<Workflows['failover']>(workflowTypes.failover, {
      ...{ workflowId, taskQueue: taskQueueOf('ams') },
      args: [input],
    });
  const declare = async (change: (input: FailoverInput, id: string) => Promise<Partial<FailoverInput>>) => {
    const { workflowId, input } = prepared();
    return execute(workflowId, { ...input, ...(await change(input, workflowId)) });
  };
  const signed = async (input: FailoverInput, workflowId: string, said?: string) => {
    const when = said ?? (await at());
    const text = Buffer.from(declarationText(input, { workflowId, at: when }));
    const signature = await inDirectory((work) =>
      sign(text, key.privateKey, { directory: work, namespace: failoverNamespace }),
    );
    return { declaration: { at: when, signature } };
  };

  it('begins it', async () => {
    const result = await declare((input, id) => signed(input, id));
    expect(result.steps).toMatchObject([{ state: 'passed' }]);
  });

  it('begins it once: who finds it in a history starts nothing with it', async () => {
    const { workflowId, input } = prepared();
    const given = { ...input, ...(await signed(input, workflowId)) };
    await execute(workflowId, given);
    expect(await failureOf(execute(workflowId, given))).toEqual({
      code: 'authentication-failed',
      sentence: expect.stringContaining('has started a run before: each starts one. Sign a new one.'),
    });
    const anew = await execute(workflowId, { ...input, ...(await signed(input, workflowId)) });
    expect(anew.steps).toMatchObject([{ state: 'passed' }]);
  });

  it.each<[what: string, change: Parameters<typeof declare>[0], sentence: string]>([
    ['that is missing', async () => ({}), 'add --sign-with KEYFILE'],
    ['of another runbook', (input) => signed(input, 'failover/other'), 'does not fit'],
    ['for another reason', async (input, id) => signed({ ...input, reason: 'fire' }, id), 'does not fit'],
    ['of last week', (input, id) => signed(input, id, '2026-01-01T00:00:00.000Z'), 'counts for 15 minutes'],
    [
      'by somebody without a key',
      async (input, id) => ({ person: 'ops-1', ...(await signed({ ...input, person: 'ops-1' }, id)) }),
      'is not one of ops-1',
    ],
  ])('%s is refused', async (_what, change, sentence) => {
    expect(await failureOf(declare(change))).toEqual({
      code: 'authentication-failed',
      sentence: expect.stringContaining(sentence),
    });
  });
});
