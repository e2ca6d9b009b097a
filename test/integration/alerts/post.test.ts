import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { notify } from '../../../activities/notify.ts';
import { ping } from '../../../activities/ping.ts';
import { HoldfastError, isPermanent } from '../../../policy/errors.ts';
import type { Channel } from '../../../policy/resolved-proof.ts';
import type { NotifyInput } from '../../../workflows/contract-alerts.ts';
import { type Receiver, startReceiver } from '../../support/receivers.ts';
import { workAt } from '../../support/work.ts';

/** The part of a webhook's URL that is a secret. */
const token = 'T0PSECRET-token';

let directory: string;
let receiver: Receiver;
let urlFile: string;
let secretFile: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-post-'));
  receiver = await startReceiver();
  urlFile = join(directory, 'url');
  secretFile = join(directory, 'secret');
  await writeFile(urlFile, `${receiver.url}/hook/${token}?key=${token}\n`);
  await writeFile(secretFile, 'a shared secret');
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer((response) => response.end('ok'));
});
afterAll(async () => {
  await receiver.down();
  await rm(directory, { recursive: true, force: true });
});

const alert = (subject: string) => ({
  state: 'opened' as const,
  kind: 'no-backup',
  subject,
  severity: 'critical' as const,
  sentence: `No backup of <${subject}> & none to come.`,
  since: '2026-11-21T12:00:00.000Z',
});

function message(
  channel: Partial<Extract<Channel, { kind: 'webhook' | 'slack' }>> = {},
  count = 2,
): NotifyInput {
  return {
    rules: {
      channels: [{ name: 'ops', kind: 'webhook', url: { file: urlFile }, ...channel }],
      routes: [],
    },
    channel: 'ops',
    messageId: 'alerts-1-7',
    title: '[Holdfast] critical: 2 alerts, 2 opened',
    text: 'CRITICAL ...',
    severity: 'critical',
    alerts: Array.from({ length: count }, (_, index) => alert(`shop-${index}`)),
    more: 950,
  };
}

const sent = (input: NotifyInput) => notify(workAt(directory), input);

async function fault(input: NotifyInput): Promise<HoldfastError> {
  const error = await sent(input).catch((thrown: unknown) => thrown);
  if (!(error instanceof HoldfastError)) throw new Error(`it was no error of ours: ${String(error)}`);
  const told = JSON.stringify(error, Object.getOwnPropertyNames(error)) + String(error.stack);
  expect(told).not.toContain(token);
  return error;
}

describe('a webhook', () => {
  it('gets JSON with an id that stays, signed with the time', async () => {
    for (let time = 0; time < 2; time += 1)
      await sent(message({ kind: 'webhook', secret: { file: secretFile } }));
    const [first, second] = receiver.received;
    expect(first).toMatchObject({
      method: 'POST',
      path: `/hook/${token}?key=${token}`,
      headers: { 'content-type': 'application/json; charset=utf-8', 'idempotency-key': 'alerts-1-7' },
    });
    expect(second?.headers['idempotency-key']).toBe('alerts-1-7');
    expect(JSON.parse(first?.body ?? '')).toMatchObject({
      format: 'holdfast-notification/1',
      id: 'alerts-1-7',
      severity: 'critical',
      more: 950,
      alerts: [{ subject: 'shop-0' }, { subject: 'shop-1' }],
    });
    const [, time, signature] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(first?.headers['holdfast-signature'])) ?? [];
    const expected = createHmac('sha256', 'a shared secret').update(`${time}.${first?.body}`).digest('hex');
    expect(signature).toBe(expected);
  });

  it.each([
    [500, 'service-unavailable', false],
    [429, 'service-unavailable', false],
    [401, 'authentication-failed', true],
    [404, 'not-found', true],
    [400, 'refused', true],
  ])('that answers %s is %s', async (status, code, permanent) => {
    receiver.answer((response) => response.writeHead(status).end(token));
    const error = await fault(message());
    expect(error.code).toBe(code);
    expect(isPermanent(error.code)).toBe(permanent);
    expect(error.message).toContain('127.0.0.1');
  });

  it('is followed where a redirect repeats the message, and no further', async () => {
    receiver.answer((response, path) =>
      path === '/there' ? response.end() : response.writeHead(308, { location: '/there' }).end(),
    );
    await sent(message());
    expect(receiver.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `POST /hook/${token}?key=${token}`,
      'POST /there',
    ]);
    for (const answer of [
      { status: 302, location: '/there' },
      { status: 308, location: 'http://192.0.2.1/' },
      { status: 308, location: `/again/${token}` },
    ]) {
      receiver.answer((response, path) =>
        path === '/there'
          ? response.end()
          : response.writeHead(answer.status, { location: answer.location }).end(),
      );
      expect((await fault(message())).code).toBe('refused');
    }
  });

  it('that is away is tried again later, and its address is told to nobody', async () => {
    await receiver.down();
    expect(await fault(message())).toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/ECONNREFUSED/),
    });
    await receiver.up();
  });

  it('is no place for what is not an https address', async () => {
    const other = join(directory, 'other');
    await writeFile(other, `http://hooks.example.org/${token}`);
    expect((await fault(message({ url: { file: other } }))).code).toBe('refused');
    await writeFile(other, `not a url ${token}`);
    expect((await fault(message({ url: { file: other } }))).code).toBe('bad-key');
  });
});

describe('a chat', () => {
  it('gets blocks within its limits, in its own writing', async () => {
    await sent(message({ kind: 'slack' }));
    const body: unknown = JSON.parse(receiver.received[0]?.body ?? '');
    expect(body).toMatchObject({
      text: expect.stringContaining('critical: 2 alerts'),
      blocks: [
        { type: 'header', text: { type: 'plain_text' } },
        {
          type: 'section',
          text: { type: 'mrkdwn', text: expect.stringContaining('&lt;shop-0&gt; &amp; none') },
        },
        { type: 'section' },
        { type: 'context', elements: [{ text: '… and 950 more.' }] },
      ],
    });
  });
});

describe('a ping', () => {
  const told = (what: 'start' | 'success' | 'failure', text = 'done') =>
    ping(workAt(directory), { ping: { url: { file: urlFile } }, what, runId: 'run-1', text });

  it('tells a watcher of start, success and failure, with the run and what became of it', async () => {
    for (const what of ['start', 'success', 'failure'] as const) await told(what);
    expect(receiver.received.map(({ method, path, body }) => `${method} ${path} ${body}`)).toEqual([
      `POST /hook/${token}/start?key=${token}&rid=run-1 done`,
      `POST /hook/${token}?key=${token}&rid=run-1 done`,
      `POST /hook/${token}/fail?key=${token}&rid=run-1 done`,
    ]);
  });

  it('sends the tail of a long text', async () => {
    await told('failure', `${'x'.repeat(50_000)}the end`);
    expect(receiver.received[0]?.body).toHaveLength(10_000);
    expect(receiver.received[0]?.body.endsWith('the end')).toBe(true);
  });
});
