import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sendMessage } from '../../../activities/communicate.ts';
import type { Person } from '../../../policy/resolved.ts';
import { sign } from '../../../repository/index.ts';
import { eventually } from '../../../tools/servers/index.ts';
import { failoverNamespace } from '../../../workflows/contract-failover-messages.ts';
import type { FilledMessage } from '../../../workflows/contract-failover-telling.ts';
import { messageText } from '../../../workflows/failover/text.ts';
import { approveStep, type Failover, progressOfRun, say, seen, waiting } from '../../support/failovers.ts';
import { inDirectory, makeSshKey } from '../../support/keys.ts';
import { message, plan, speakers, telling } from '../../support/messages.ts';
import type { Receiver } from '../../support/receivers.ts';
import { command, step } from '../../support/runbooks.ts';
import { openTelling, type Telling } from '../../support/telling.ts';
import { workAt } from '../../support/work.ts';

let scene: Telling;

beforeAll(async () => {
  scene = await openTelling();
});
beforeEach(() => scene.forget());
afterAll(() => scene?.close());

const stepOf = async (handle: Failover, id: string) =>
  (await progressOfRun(handle)).steps.find((each) => each.id === id);
const document = (receiver: Receiver, index = 0) => JSON.parse(receiver.received[index]?.body ?? '{}');

describe('a message of a runbook', () => {
  it('is sent once, exactly as it was approved, while recovery goes on', async () => {
    const handle = await scene.start([
      telling('tell', message('news', { subject: `\${service}: \${class}` })),
      command('recover', ['true']),
    ]);
    const { step: asked } = await waiting(handle, 'tell', 'approval');
    await seen(handle, ({ steps }) => steps.some(({ id, state }) => id === 'recover' && state === 'passed'));
    expect(scene.customers.received).toEqual([]);
    expect(asked.facts).toEqual(
      expect.arrayContaining([
        { name: 'goes', value: 'through status to webhook' },
        { name: 'subject', value: `${scene.last()}: major` },
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
    expect(scene.customers.received).toHaveLength(1);
    const sent = (await stepOf(handle, 'tell'))?.message;
    expect(document(scene.customers)).toMatchObject({
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
    scene.customers.answer((response) => {
      response.statusCode = away ? 503 : 200;
      response.end();
    });
    const handle = await scene.start([telling('tell', message('news')), step('halt', { do: 'approve' })]);
    await approveStep(handle, 'tell', 'comms-1');
    await eventually(async () => expect(scene.customers.received.length).toBeGreaterThan(0), 60);
    await approveStep(handle, 'halt', 'ops-1');
    away = false;
    await handle.result();
    const ids = scene.customers.received.map(({ headers }) => headers['idempotency-key']);
    expect(ids.length).toBeGreaterThan(1);
    expect(new Set(ids).size).toBe(1);
    expect(await stepOf(handle, 'tell')).toMatchObject({ state: 'passed', attempts: 1 });
  });

  it('that can not be sent asks people, and stays as it was approved when it is tried again', async () => {
    scene.customers.answer((response) => {
      response.statusCode = 404;
      response.end();
    });
    const handle = await scene.start([telling('tell', message('news', { text: `now \${now} \${elapsed}` }))]);
    const { step: asked } = await waiting(handle, 'tell', 'approval');
    await approveStep(handle, 'tell', 'comms-1');
    await waiting(handle, 'tell', 'decision');
    scene.customers.answer((response) => response.end('ok'));
    // By now it would say another time.
    await scene.skipping.environment.sleep('5m');
    await say(handle, 'retry', { by: 'comms-2', step: 'tell' });
    await handle.result();
    expect(document(scene.customers, 1).text).toBe(asked.message?.text);
    expect(document(scene.customers, 1).id).toBe(document(scene.customers).id);
  });

  it('goes out by mail, and says whom the server refused', async () => {
    scene.post.refused.add('gone@example.org');
    const handle = await scene.start([
      telling('tell', message('notice', { audience: 'regulator', channel: 'authority' })),
    ]);
    await approveStep(handle, 'tell', 'comms-1');
    expect((await handle.result()).exceptions).toContain(
      'tell: gone@example.org was refused by the mail server.',
    );
    expect(scene.post.mails).toMatchObject([{ to: ['authority@example.org'] }]);
    expect(scene.post.mails[0]?.source).toContain(`Subject: About ${scene.last()}`);
  });

  it('without a channel is copied by a person, who says where it can be seen', async () => {
    const handle = await scene.start([telling('tell', message('news', { channel: null }))]);
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
    const handle = await scene.start([
      telling('tell', message('notice', { audience: 'regulator', within: 72 * 3600 })),
      step('halt', { do: 'approve' }),
    ]);
    await waiting(handle, 'tell', 'approval');
    await scene.skipping.environment.sleep('73h');
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
    const handle = await scene.start([step('halt', { do: 'approve' })]);
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
    expect(document(scene.customers).text).toBe('payments work again');
    expect((await stepOf(handle, id))?.state).toBe('passed');
  });

  it('comes by Signal too, and ends with the run when it is stopped', async () => {
    const handle = await scene.start([step('halt', { do: 'approve' })]);
    await waiting(handle, 'halt', 'approval');
    await handle.signal('communicate', { by: 'commander-2', sends: 'news' });
    await waiting(handle, 'communicate/news-1', 'approval');
    await say(handle, 'abort', { by: 'commander-1', reason: 'it is back' });
    expect(await handle.result()).toMatchObject({ result: 'aborted' });
    expect(scene.customers.received).toEqual([]);
  });

  it('keeps the signature of whoever approved, over this very text', async () => {
    const key = await makeSshKey();
    const people: Person[] = speakers.map((person) =>
      person.name === 'comms-1' ? { ...person, sshKeys: [key.publicKey] } : person,
    );
    const handle = await scene.start([telling('tell', message('news')), step('halt', { do: 'manual' })], {
      mode: 'drill',
      people,
      drill: { owner: 'commander-1', expect: [], inject: [] },
      book: {
        signatures: { real: 'signed', drill: 'signed' },
        steps: [telling('tell', message('news'))],
        communication: plan([message('news')], scene.channels, 'rehearsal'),
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
    const handle = await scene.start([telling('tell', message('news'))], {
      mode: 'drill',
      drill,
      book: { communication: plan([message('news')], scene.channels, 'rehearsal') },
    });
    await approveStep(handle, 'tell', 'comms-1');
    expect((await handle.result()).steps).toMatchObject([{ state: 'passed' }]);
    expect(scene.customers.received).toEqual([]);
    expect(document(scene.rehearsal)).toMatchObject({
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
    const handle = await scene.start([telling('tell', message('news'))], { mode: 'drill', drill });
    await approveStep(handle, 'tell', 'comms-1');
    expect(await handle.result()).toMatchObject({
      result: 'passed-with-exceptions',
      exceptions: expect.arrayContaining([expect.stringContaining('nothing was sent to customers')]),
    });
    expect([scene.customers.received, scene.rehearsal.received]).toEqual([[], []]);
  });

  it('on the table shows the text, and is words alone', async () => {
    const handle = await scene.start([telling('tell', message('news'))], { mode: 'tabletop', drill });
    const { step: asked } = await waiting(handle, 'tell', 'approval');
    expect(asked.facts).toContainEqual({
      name: 'text 1',
      value: 'This is a tabletop: nothing has happened.',
    });
    await approveStep(handle, 'tell', 'comms-1');
    await waiting(handle, 'tell', 'deed');
    await say(handle, 'complete', { by: 'comms-2', step: 'tell', evidence: 'would go to the status page' });
    expect((await handle.result()).steps).toMatchObject([{ state: 'passed' }]);
    expect(scene.customers.received).toEqual([]);
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
    const input = { rules: { ...scene.channels, routes: [] }, message: altered, messageId: 'm', run };
    await expect(sendMessage(workAt(scene.directory), input)).rejects.toMatchObject({ code: 'mismatch' });
    expect(scene.customers.received).toEqual([]);
  });
});
