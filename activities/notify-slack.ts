import type { NotifyInput } from '../workflows/contract-alerts.ts';
import { shortened } from '../workflows/shortened.ts';

/**
 * Slack's limits: 150 characters in a header, 3,000 in a section, 50 blocks; and some 13,000 characters in all blocks,
 * which is documented nowhere and answered with `msg_blocks_too_long`.
 */
const limits = { header: 150, section: 3000, blocks: 50, all: 11_000, text: 3500 };

const marks = { critical: ':red_circle:', warning: ':large_orange_circle:', info: ':white_circle:' };

type Text = { type: 'plain_text' | 'mrkdwn'; text: string };
export type SlackMessage = {
  text: string;
  blocks: ({ type: 'header' | 'section'; text: Text } | { type: 'context'; elements: Text[] })[];
};

/** A message as Slack's incoming webhooks take it; `text` is for those that know no blocks, and for previews. Pure. */
export function slackMessage({ title, text, alerts, more }: NotifyInput): SlackMessage {
  const sections: SlackMessage['blocks'] = [];
  let length = 0;
  for (const { state, severity, kind, subject, sentence, since } of alerts) {
    const mark = state === 'closed' ? ':white_check_mark:' : marks[severity];
    const about = state === 'announced' ? subject : `${kind} ${subject}`;
    const section = `${mark} *${escaped(about)}* (${state.replace('-', ' ')}, ${since})\n${escaped(sentence)}`;
    const told = shortened(section, limits.section);
    if (length + told.length > limits.all || sections.length >= limits.blocks - 2) break;
    length += told.length;
    sections.push({ type: 'section', text: { type: 'mrkdwn', text: told } });
  }
  const rest = alerts.length - sections.length + more;
  return {
    text: shortened(escaped(`${title}\n${text}`), limits.text),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: shortened(title, limits.header) } },
      ...sections,
      ...(rest > 0
        ? [{ type: 'context' as const, elements: [{ type: 'mrkdwn' as const, text: `… and ${rest} more.` }] }]
        : []),
    ],
  };
}

/** A text under its title, in sections that Slack takes. Pure. */
export function slackText(title: string, text: string): SlackMessage {
  const sections: SlackMessage['blocks'] = [];
  for (let rest = escaped(text); rest !== ''; rest = rest.slice(limits.section))
    sections.push({ type: 'section', text: { type: 'mrkdwn', text: rest.slice(0, limits.section) } });
  return {
    text: shortened(escaped(`${title}\n${text}`), limits.text),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: shortened(title, limits.header) } },
      ...sections.slice(0, limits.blocks - 1),
    ],
  };
}

/** What Slack reads as its own. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
