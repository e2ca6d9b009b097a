import { createHash } from 'node:crypto';
import { HoldfastError } from '../policy/errors.ts';
import type { NotifyResult } from '../workflows/contract-alerts.ts';
import type { SendMessageInput } from '../workflows/contract-failover-telling.ts';
import { sealedText } from '../workflows/failover/message-fill.ts';
import { channelNamed, postToChannel } from './notify.ts';
import { sendMail } from './notify-mail.ts';
import { slackText } from './notify-slack.ts';
import type { Work } from './work.ts';

/**
 * Sends one message of the communication plan, precisely as it was approved. A repeated attempt sends the same message with
 * the same id, so that whoever gets it twice can tell.
 *
 * @throws HoldfastError `mismatch` when the text is not the one that was approved; what the channel throws
 */
export async function sendMessage(work: Work, input: SendMessageInput): Promise<NotifyResult> {
  const { rules, message, messageId, run } = input;
  const { name, audience, moment, subject, text, sha256 } = message;
  if (createHash('sha256').update(sealedText(message)).digest('hex') !== sha256)
    throw new HoldfastError('mismatch', `The message ${name} is not the one that was approved.`, {
      hint: 'Abort the run, and find out who changed what.',
    });
  const channel = channelNamed(rules, message.channel ?? '');
  if (channel.kind === 'email')
    return {
      refused: await sendMail(work, { rules, title: subject, text: `${text}\n`, messageId }, channel),
    };
  const document =
    channel.kind === 'slack'
      ? slackText(subject, text)
      : {
          format: 'holdfast-message/1',
          id: messageId,
          ...{ message: name, audience, moment, subject, text, sha256 },
          ...{ mode: run.mode, workflow: run.workflowId, organization: run.organization },
        };
  await postToChannel(work, channel, { messageId, document });
  work.log('info', 'Sent a message', { channel: channel.name, message: name, audience });
  return { refused: [] };
}
