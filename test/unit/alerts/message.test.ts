import { describe, expect, it } from '@jest/globals';
import { slackMessage } from '../../../activities/notify-slack.ts';
import { alertsMarkdown } from '../../../workflows/alert-details.ts';
import { messageOf } from '../../../workflows/alert-message.ts';
import { happeningsOf } from '../../../workflows/alert-records.ts';
import { observe } from '../../../workflows/alert-state.ts';
import type { AlertRecord, NewsState, NotifyInput } from '../../../workflows/contract-alerts.ts';
import { Clockwork, finding, rulesWith } from '../../support/alerts.ts';

const alert = (
  state: NewsState,
  subject: string,
  severity: 'critical' | 'warning' | 'info' = 'critical',
) => ({
  state,
  over: {
    kind: 'no-backup',
    subject,
    severity,
    sentence: `Line one of ${subject}.\nLine two.`,
    since: 'then',
  },
});

/** The title of a message about these. */
function titleOf(told: ReturnType<typeof alert>[]): string {
  const { memory } = new Clockwork(rulesWith([], []));
  const news = told.map((each, index) => ({ key: String(index), ...each }));
  return messageOf(memory, { channel: 'ops', number: 1, news, dropped: 0 }, 'Example BV').title;
}

describe('the title of a message', () => {
  it.each([
    [[alert('opened', 'shop')], '[Holdfast Example BV] critical: no-backup shop'],
    [[alert('closed', 'shop')], '[Holdfast Example BV] closed: no-backup shop'],
    [[alert('still-open', 'shop')], '[Holdfast Example BV] critical: no-backup shop (still open)'],
    [[alert('announced', 'safe', 'info')], '[Holdfast Example BV] info: safe'],
    [
      [alert('opened', 'a', 'warning'), alert('closed', 'b')],
      '[Holdfast Example BV] warning: 2 alerts, 1 opened, 1 closed',
    ],
    [[alert('closed', 'a'), alert('closed', 'b')], '[Holdfast Example BV] 2 alerts, 2 closed'],
  ])('tells the worst that is open and what happened: %#', (told, title) => {
    expect(titleOf(told)).toBe(title);
  });

  it('is one line, whatever the subject', () => {
    expect(titleOf([alert('opened', 'a\r\nBcc: everybody@example.org')])).not.toMatch(/[\r\n]/);
  });
});

describe('a message for a chat', () => {
  const long = (count: number, length: number): NotifyInput => ({
    rules: { channels: [], routes: [] },
    channel: 'ops',
    messageId: '1',
    title: 't'.repeat(400),
    text: 'x'.repeat(50_000),
    severity: 'critical',
    alerts: Array.from({ length: count }, (_, index) => ({
      state: 'opened',
      kind: 'no-backup',
      subject: `plan-${index}`,
      severity: 'critical',
      sentence: '&'.repeat(length),
      since: 'then',
    })),
    more: 7,
  });

  it.each([
    [50, 400],
    [50, 10],
    [3, 4000],
  ])(
    'keeps to the limits with %s alerts of %s characters, and counts what it leaves out',
    (count, length) => {
      const { text, blocks } = slackMessage(long(count, length));
      expect(text.length).toBeLessThanOrEqual(4000);
      expect(blocks.length).toBeLessThanOrEqual(50);
      const texts = blocks.flatMap((block) => ('text' in block ? [block.text.text] : []));
      expect(texts[0]?.length).toBeLessThanOrEqual(150);
      for (const each of texts) expect(each.length).toBeLessThanOrEqual(3000);
      expect(JSON.stringify(blocks).length).toBeLessThan(20_000);
      expect(texts.reduce((sum, each) => sum + each.length, 0)).toBeLessThan(13_000);
      const sections = blocks.filter(({ type }) => type === 'section').length;
      expect(JSON.stringify(blocks.at(-1))).toContain(`and ${count - sections + 7} more`);
    },
  );
});

describe('the audit log', () => {
  it('is told the worst twenty singly and the rest as a number, of each kind', () => {
    const records = Array.from(
      { length: 50 },
      (_, index): AlertRecord => ({
        action: 'alert.opened',
        observer: 'health',
        alert: finding('no-backup', `plan-${index}`, { severity: index === 49 ? 'critical' : 'warning' }),
      }),
    );
    const more = { 'alert.opened': 5, 'alert.closed': 3 };
    const happenings = happeningsOf({ records, more }, 0);
    expect(happenings).toHaveLength(22);
    expect(happenings[0]).toMatchObject({ action: 'alert.opened', subject: 'plan-49' });
    expect(happenings[20]).toMatchObject({ action: 'alert.opened', facts: { more: 35 } });
    expect(happenings[21]).toMatchObject({ action: 'alert.closed', facts: { more: 3 } });
    expect(new Set(happenings.map(({ key }) => key)).size).toBe(22);
  });
});

describe('the current details', () => {
  it('show the worst first, within what Temporal shows', () => {
    const clock = new Clockwork(rulesWith([], []));
    const findings = Array.from({ length: 1000 }, (_, index) =>
      finding('no-backup', `p|${index}`, {
        severity: index === 500 ? 'critical' : 'warning',
        sentence: 'x'.repeat(400),
      }),
    );
    clock.tell((memory, rules, now) =>
      observe(memory, rules, { observer: 'health', at: new Date(now).toISOString(), findings }, now),
    );
    const shown = alertsMarkdown({ ...clock.memory, undelivered: [], unrecorded: null });
    expect(shown.length).toBeLessThanOrEqual(18_000);
    expect(shown.split('\n').find((line) => line.startsWith('| critical'))).toContain('p\\|500');
    expect(shown).toContain('Open alerts: 1000');
  });
});
