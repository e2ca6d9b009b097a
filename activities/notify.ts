import { createHmac } from 'node:crypto';
import { HoldfastError } from '../policy/errors.ts';
import type { Channel, NotificationRules } from '../policy/resolved-proof.ts';
import type { NotifyInput, NotifyResult } from '../workflows/contract-alerts.ts';
import { sendMail } from './notify-mail.ts';
import { slackMessage } from './notify-slack.ts';
import { addressOf, post } from './post.ts';
import type { Work } from './work.ts';

/**
 * Sends one message through one channel. A repeated attempt sends the same message with the same id, so that whoever
 * gets it twice can tell.
 *
 * @throws HoldfastError `bad-policy` when the rules have no such channel; what the channel throws
 */
export async function notify(work: Work, input: NotifyInput): Promise<NotifyResult> {
  const channel = channelNamed(input.rules, input.channel);
  const refused =
    channel.kind === 'email' ? await sendMail(work, input, channel) : await postTo(work, input, channel);
  work.log('info', 'Told people', { channel: channel.name, alerts: input.alerts.length + input.more });
  return { refused };
}

/** @throws HoldfastError `bad-policy` when the rules have no such channel */
export function channelNamed({ channels }: Pick<NotificationRules, 'channels'>, name: string): Channel {
  const channel = channels.find((each) => each.name === name);
  if (channel === undefined) throw new HoldfastError('bad-policy', `There is no channel ${name}.`);
  return channel;
}

type PostedChannel = Exclude<Channel, { kind: 'email' }>;

async function postTo(work: Work, input: NotifyInput, channel: PostedChannel): Promise<string[]> {
  const { messageId, title, text, severity, alerts, more } = input;
  const document =
    channel.kind === 'slack'
      ? slackMessage(input)
      : { format: 'holdfast-notification/1', id: messageId, title, text, severity, alerts, more };
  await postToChannel(work, channel, { messageId, document });
  return [];
}

/** Posts a document, signed where the channel has a secret. @throws HoldfastError what `post` throws */
export async function postToChannel(
  work: Work,
  channel: PostedChannel,
  { messageId, document }: { messageId: string; document: object },
): Promise<void> {
  const name = `channel ${channel.name}`;
  const url = await addressOf(work, name, channel.url);
  const body = JSON.stringify(document);
  const secret =
    channel.kind === 'webhook' && channel.secret !== undefined ? await work.secret(channel.secret) : null;
  await post(
    {
      name,
      url,
      body,
      patience: 20,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'idempotency-key': messageId,
        ...(secret === null ? {} : { 'holdfast-signature': signatureOf(body, secret, Date.now()) }),
      },
    },
    work.signal,
  );
}

/**
 * `t=<seconds>,v1=<hex>`: HMAC-SHA-256 over the time, a dot and the body, so that what was overheard can't be sent again
 * later.
 */
export function signatureOf(body: string, secret: string, now: number): string {
  const time = Math.floor(now / 1000);
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')}`;
}
