import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sendMessage } from '../../../activities/communicate.ts';
import type { Person } from '../../../policy/resolved.ts';
import type { ResolvedCommunication } from '../../../policy/resolved-communication.ts';
import type { ResolvedRunbook, ResolvedStep } from '../../../policy/resolved-failover.ts';
import { sign } from '../../../repository/index.ts';
import { eventually } from '../../../tools/servers/index.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../../workflows/contract.ts';
import type { FailoverInput, FilledMessage } from '../../../workflows/contract-failover.ts';
import { failoverNamespace } from '../../../workflows/contract-failover-messages.ts';
import { declarationText, messageText } from '../../../workflows/failover/text.ts';
import { approveStep, type Failover, progressOfRun, say, seen, waiting } from '../../support/failovers.ts';
import { inDirectory, makeSshKey } from '../../support/keys.ts';
import { message, plan, speakers, telling } from '../../support/messages.ts';
import {
  makeCertificate,
  type Postbox,
  type Receiver,
  startPostbox,
  startReceiver,
} from '../../support/receivers.ts';
import { command, failoverInput, runbook, step } from '../../support/runbooks.ts';
import { openSkipping, type Skipping } from '../../support/skipping.ts';
import { failureOf } from '../../support/stage.ts';
import { workAt } from '../../support/work.ts';

let directory: string;
let skipping: Skipping;
let customers: Receiver;
let rehearsal: Receiver;
let post: Postbox;
let channels: ResolvedCommunication['rules'];
let count = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-tell-'));
  [skipping, customers, rehearsal, post] = await Promise.all([
    openSkipping(['ams']),
    startReceiver(),
    startReceiver(),
    makeCertificate(directory).then((certificate) => startPostbox('none', certificate)),
  ]);
  const mail = {
    host: '127.0.0.1',
    port: post.port,
    security: 'none' as const,
    from: 'holdfast@example.org',
  };
  channels = {
    mail,
    channels: [
      { name: 'status', kind: 'webhook', url: { url: customers.url } },
      { name: 'rehearsal', kind: 'slack', url: { url: rehearsal.url } },
      { name: 'authority', kind: 'email', to: ['authority@example.org', 'gone@example.org'] },
    ],
  };
});
beforeEach(() => {
  customers.received.length = 0;
  rehearsal.received.length = 0;
  post.mails.length = 0;
  customers.answer((response) => response.end('ok'));
});
afterAll(async () => {
  await skipping?.close();
  await Promise.all([customers?.down(), rehearsal?.down(), post?.down()]);
  await rm(directory, { recursive: true, force: true });
});

type Changes = Partial<FailoverInput> & { book?: Partial<ResolvedRunbook> };

async function start(steps: ResolvedStep[], { book = {}, ...changes }: Changes = {}): Promise<Failover> {
  count += 1;
  const named = runbook(steps, {
    name: `told-${count}`,
    communication: plan([message('news'), message('progress', { text: `\${note}` })], channels),
    ...book,
  });
  const kind = (changes.mode ?? 'real') === 'real' ? 'failover' : 'drill';
  return skipping.environment.client.workflow.start<Workflows['failover']>(workflowTypes.failover, {
    workflowId: `${kind}/${named.name}`,
    taskQueue: taskQueueOf('ams'),
    args: [failoverInput(named, { people: speakers, ...changes })],
  });
}

const stepOf = async (handle: Failover, id: string) =>
  (await progressOfRun(handle)).steps.find((each) => each.id === id);
const document = (receiver: Receiver, index = 0) => JSON.parse(receiver.received[index]?.body ?? '{}');

describe('a message of a runbook', () => {
  it('is sent once, exactly as it was approved, while recovery goes on', async () => {
    const handle = await start([
      telling('tell', message('news', { subject: `\${service}: \${class}` })),
      command('recover', ['true']),
    ]);
    const { step: asked } = await waiting(handle, 'tell', 'approval');
    await seen(handle, ({ steps }) => steps.some(({ id, state }) => id === 'recover' && state === 'passed'));
    expect(customers.received).toEqual([]);
    expect(asked.facts).toEqual(
      expect.arrayContaining([
        { name: 'goes', value: 'through status to webhook' },
        { name: 'subject', value: `told-${count}: major` },
        { name: 'text 1', value: 'The primary of the shop is gone.' },
      ]),
    );
    expect(asked.text).toContain('fact: text 1: The primary of the shop is gone.');
    expect(asked.text).toContain(`fact: SHA-256 of subject and text: ${asked.message?.sha256}`);
    const refusals = [
      await say(handle, 'approve', { by: 'ops-1', step: 'tell', hash: asked.hash ?? '' }),
      await say(handle, 'approve', { by: 'comms-1', step: 'tell', hash: 'f'.repeat(64) }),
    ];
    expect(refusals).toMatchObject([
      { outcome: 'refused', sentence: expect.stringContaining('has not the role communications-lead') },
      { outcome: 'refused', sentence: expect.stringContaining('approved other facts') },
    ]);
    const twice = await Promise.all(
      ['comms-1', 'comms-2'].map((by) =>
        say(handle, 'approve', { by, step: 'tell', hash: asked.hash ?? '' }),
      ),
    );
    expect(twice.map(({ outcome }) => outcome).sort()).toEqual(['followed', 'refused']);
    const result = await handle.result();
    expect(result.rto.measured).not.toBeNull();
    expect(customers.received).toHaveLength(1);
    const sent = (await stepOf(handle, 'tell'))?.message;
    expect(document(customers)).toMatchObject({
      format: 'holdfast-message/1',
      audience: 'customers',
      mode: 'real',
      subject: asked.message?.subject,
      text: asked.message?.text,
      sha256: asked.message?.sha256,
    });
    expect(sent).toEqual({ ...asked.message, sentAt: expect.any(String) });
  });

  it('is tried again with the same id when its channel is away, and holds up nothing', async () => {
    let away = true;
    customers.answer((response) => {
      response.statusCode = away ? 503 : 200;
      response.end();
    });
    const handle = await start([telling('tell', message('news')), step('halt', { do: 'approve' })]);
    await approveStep(handle, 'tell', 'comms-1');
    await eventually(async () => expect(customers.received.length).toBeGreaterThan(0), 60);
    await approveStep(handle, 'halt', 'ops-1');
    away = false;
    await handle.result();
    const ids = customers.received.map(({ headers }) => headers['idempotency-key']);
    expect(ids.length).toBeGreaterThan(1);
    expect(new Set(ids).size).toBe(1);
    expect(await stepOf(handle, 'tell')).toMatchObject({ state: 'passed', attempts: 1 });
  });

  it('that can not be sent asks people, and stays as it was approved when it is tried again', async () => {
    customers.answer((response) => {
      response.statusCode = 404;
      response.end();
    });
    const handle = await start([telling('tell', message('news', { text: `now \${now} \${elapsed}` }))]);
    const { step: asked } = await waiting(handle, 'tell', 'approval');
    await approveStep(handle, 'tell', 'comms-1');
    await waiting(handle, 'tell', 'decision');
    customers.answer((response) => response.end('ok'));
    // By now it would say another time.
    await skipping.environment.sleep('5m');
    await say(handle, 'retry', { by: 'comms-2', step: 'tell' });
    await handle.result();
    expect(document(customers, 1).text).toBe(asked.message?.text);
    expect(document(customers, 1).id).toBe(document(customers).id);
  });

  it('goes out by mail, and says whom the server refused', async () => {
    post.refused.add('gone@example.org');
    const handle = await start([
      telling('tell', message('notice', { audience: 'regulator', channel: 'authority' })),
    ]);
    await approveStep(handle, 'tell', 'comms-1');
    expect((await handle.result()).exceptions).toContain(
      'tell: gone@example.org was refused by the mail server.',
    );
    expect(post.mails).toMatchObject([{ to: ['authority@example.org'] }]);
    expect(post.mails[0]?.source).toContain(`Subject: About told-${count}`);
  });

  it('without a channel is copied by a person, who says where it can be seen', async () => {
    const handle = await start([telling('tell', message('news', { channel: null }))]);
    await approveStep(handle, 'tell', 'comms-1');
    const { step: asked } = await waiting(handle, 'tell', 'deed');
    expect(asked.waitsFor?.sentence).toContain('Copy the message news');
    await say(handle, 'complete', { by: 'comms-2', step: 'tell', evidence: 'https://status.example.org/1' });
    await handle.result();
    expect((await stepOf(handle, 'tell'))?.message).toMatchObject({
      way: 'by-hand',
      sentAt: expect.any(String),
    });
  });

  it('must be out by its time: it is reminded of, and missed in the result', async () => {
    const handle = await start([
      telling('tell', message('notice', { audience: 'regulator', within: 72 * 3600 })),
      step('halt', { do: 'approve' }),
    ]);
    await waiting(handle, 'tell', 'approval');
    await skipping.environment.sleep('73h');
    const { events, steps } = await progressOfRun(handle);
    const said = events.map(({ sentence }) => sentence).filter((text) => /must be out|was due/.test(text));
    expect(said).toEqual([
      expect.stringMatching(/^tell must be out in 1d 12h/),
      expect.stringMatching(/^tell must be out in 18h/),
      expect.stringMatching(/^tell must be out in 6h/),
      'tell was due now, and is not sent.',
    ]);
    expect(steps[0]?.dueAt).toMatch(/^20/);
    await say(handle, 'skip', { by: 'comms-1', step: 'tell', reason: 'no personal data is concerned' });
    await approveStep(handle, 'halt', 'ops-1');
    expect((await handle.result()).exceptions).toContainEqual(
      expect.stringMatching(/^tell was not sent, and is overdue since 20/),
    );
  });
});

describe('a message that somebody asks for on the way', () => {
  it('is approved by another person of its role, and sent with what was added', async () => {
    const handle = await start([step('halt', { do: 'approve' })]);
    await waiting(handle, 'halt', 'approval');
    const asked = await say(handle, 'communicate', {
      by: 'comms-1',
      sends: 'progress',
      note: 'payments work again',
    });
    expect(asked).toMatchObject({ outcome: 'followed' });
    const id = 'communicate/progress-1';
    const { step: waits } = await waiting(handle, id, 'approval');
    expect(waits.text).toContain('asked for by: comms-1');
    expect(await say(handle, 'approve', { by: 'comms-1', step: id, hash: waits.hash ?? '' })).toMatchObject({
      outcome: 'refused',
      sentence: expect.stringContaining('asked for this message'),
    });
    await approveStep(handle, 'halt', 'ops-1');
    await approveStep(handle, id, 'comms-2');
    await handle.result();
    expect(document(customers).text).toBe('payments work again');
    expect((await stepOf(handle, id))?.state).toBe('passed');
  });

  it('comes by Signal too, and ends with the run when it is stopped', async () => {
    const handle = await start([step('halt', { do: 'approve' })]);
    await waiting(handle, 'halt', 'approval');
    await handle.signal('communicate', { by: 'commander-2', sends: 'news' });
    await waiting(handle, 'communicate/news-1', 'approval');
    await say(handle, 'abort', { by: 'commander-1', reason: 'it is back' });
    expect(await handle.result()).toMatchObject({ result: 'aborted' });
    expect(customers.received).toEqual([]);
  });

  it('keeps the signature of whoever approved, over this very text', async () => {
    const key = await makeSshKey();
    const people: Person[] = speakers.map((person) =>
      person.name === 'comms-1' ? { ...person, sshKeys: [key.publicKey] } : person,
    );
    const handle = await start([telling('tell', message('news')), step('halt', { do: 'manual' })], {
      mode: 'drill',
      people,
      drill: { owner: 'commander-1', expect: [], inject: [] },
      book: {
        signatures: { real: 'signed', drill: 'signed' },
        steps: [telling('tell', message('news'))],
        communication: plan([message('news')], channels, 'rehearsal'),
      },
    });
    const { run, step: asked } = await waiting(handle, 'tell', 'approval');
    const approval = { by: 'comms-1', step: 'tell', hash: asked.hash ?? '' };
    const signed = async (hash: string) => {
      const seen = { ...approval, hash };
      const text = Buffer.from(messageText(run, 'approve', seen));
      const signature = await inDirectory((work) =>
        sign(text, key.privateKey, { directory: work, namespace: failoverNamespace }),
      );
      return { ...approval, signature };
    };
    expect(await say(handle, 'approve', await signed('e'.repeat(64)))).toMatchObject({ outcome: 'refused' });
    expect(await say(handle, 'approve', await signed(approval.hash))).toMatchObject({ outcome: 'followed' });
    await handle.result();
    expect((await stepOf(handle, 'tell'))?.approvals).toMatchObject([
      { by: 'comms-1', key: expect.any(String) },
    ]);
  });
});

describe('a rehearsal', () => {
  const drill = { owner: 'commander-1', expect: [], inject: [] };

  it('sends to the channel of drills alone, and says that it is one', async () => {
    const handle = await start([telling('tell', message('news'))], {
      mode: 'drill',
      drill,
      book: { communication: plan([message('news')], channels, 'rehearsal') },
    });
    await approveStep(handle, 'tell', 'comms-1');
    expect((await handle.result()).steps).toMatchObject([{ state: 'passed' }]);
    expect(customers.received).toEqual([]);
    expect(document(rehearsal)).toMatchObject({
      text: expect.stringContaining('DRILL: About'),
      blocks: [
        { type: 'header' },
        {
          type: 'section',
          text: { text: expect.stringContaining('This is a drill: nothing has happened.') },
        },
      ],
    });
  });

  it('without such a channel sends nothing, which is an exception', async () => {
    const handle = await start([telling('tell', message('news'))], { mode: 'drill', drill });
    await approveStep(handle, 'tell', 'comms-1');
    expect(await handle.result()).toMatchObject({
      result: 'passed-with-exceptions',
      exceptions: expect.arrayContaining([expect.stringContaining('nothing was sent to customers')]),
    });
    expect([customers.received, rehearsal.received]).toEqual([[], []]);
  });

  it('on the table shows the text, and is words alone', async () => {
    const handle = await start([telling('tell', message('news'))], { mode: 'tabletop', drill });
    const { step: asked } = await waiting(handle, 'tell', 'approval');
    expect(asked.facts).toContainEqual({
      name: 'text 1',
      value: 'This is a tabletop: nothing has happened.',
    });
    await approveStep(handle, 'tell', 'comms-1');
    await waiting(handle, 'tell', 'deed');
    await say(handle, 'complete', { by: 'comms-2', step: 'tell', evidence: 'would go to the status page' });
    expect((await handle.result()).steps).toMatchObject([{ state: 'passed' }]);
    expect(customers.received).toEqual([]);
  });
});

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

describe('the sending', () => {
  it('refuses a text that is not the one that was approved', async () => {
    const altered: FilledMessage = {
      name: 'news',
      audience: 'customers',
      moment: 'update',
      subject: 'a',
      text: 'b',
      way: 'channel',
      channel: 'status',
      to: [],
      sha256: '0'.repeat(64),
    };
    const run = { workflowId: 'failover/x', runId: 'r', mode: 'real' as const, organization: 'Example BV' };
    const input = { rules: { ...channels, routes: [] }, message: altered, messageId: 'm', run };
    await expect(sendMessage(workAt(directory), input)).rejects.toMatchObject({ code: 'mismatch' });
    expect(customers.received).toEqual([]);
  });
});
