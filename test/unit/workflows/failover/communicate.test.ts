import { describe, expect, it } from '@jest/globals';
import type {
  FailoverInput,
  FailoverProgress,
  StepProgress,
} from '../../../../workflows/contract-failover.ts';
import type { MessageRequest } from '../../../../workflows/contract-failover-messages.ts';
import { dueLines, unsent } from '../../../../workflows/failover/due.ts';
import { measuredRto } from '../../../../workflows/failover/facts.ts';
import { follow } from '../../../../workflows/failover/follow.ts';
import { malformed } from '../../../../workflows/failover/forms.ts';
import { factsOfMessage, fillMessage } from '../../../../workflows/failover/message-fill.ts';
import { ask, begin, openingState, type RunState, stepIn } from '../../../../workflows/failover/state.ts';
import { messageText, stepText } from '../../../../workflows/failover/text.ts';
import { message, plan, speakers, telling } from '../../../support/messages.ts';
import { command, failoverInput, runbook, step } from '../../../support/runbooks.ts';

const at = '2026-11-21T10:00:00.000Z';
const rules = {
  channels: [
    { name: 'status', kind: 'webhook' as const, url: { url: 'https://status.example.org' } },
    { name: 'lab', kind: 'email' as const, to: ['lab@example.org'] },
  ],
};
const messages = [message('news'), message('progress', { text: `\${note}` })];
const book = runbook([step('halt', { do: 'approve' }), command('promote', ['true'], { needs: ['halt'] })], {
  protects: ['shop', 'billing'],
  communication: plan(messages, rules, 'lab'),
});
const opened = (input: FailoverInput): RunState => {
  const state = openingState(input, { workflowId: 'failover/x', runId: 'r', declaredAt: at });
  return { ...state, shown: { ...state.shown, phase: 'running' } };
};
const input = (changes: Partial<FailoverInput> = {}) => failoverInput(book, { people: speakers, ...changes });

describe('a message that is filled', () => {
  const every = message('all', {
    subject: `\${organization}: \${service}`,
    text: [
      `\${runbook} \${disaster} \${class} \${situation} \${reason}`,
      `\${declared} \${now} \${elapsed} \${lost} \${lead} \${status}`,
      `\${rto} \${rto-target} \${rpo} \${rpo-target} \${note} $\${5}`,
    ].join('\n'),
  });
  const fill = (given = input()) =>
    fillMessage(every, { input: given, shown: opened(given).shown }, '2026-11-21T12:05:00.000Z', 'a note');

  it('says what is true of the run then', () => {
    expect(fill()).toEqual({
      name: 'all',
      audience: 'customers',
      moment: 'update',
      subject: 'Example BV: shop, billing',
      text: [
        'shop-failover shop-failover major The primary of the shop is gone the site is dark',
        '2026-11-21 10:00 UTC 2026-11-21 12:05 UTC 2h 5m fra commander-1 0 of 2 steps are over',
        `not measured yet 1h not measured yet 1h a note \${5}`,
      ].join('\n'),
      way: 'channel',
      channel: 'status',
      to: ['webhook'],
    });
  });

  it('says what was measured by then, each beside what the tier wants', () => {
    const { shown } = opened(input());
    const [rto, rpo] = [
      { target: 7200, measured: 60 },
      { target: 900, measured: 5 },
    ];
    const filled = fillMessage(every, { input: input(), shown: { ...shown, rto, rpo } }, at, null);
    expect(filled.text.split('\n')[2]).toBe(`1m 2h 5s 15m  \${5}`);
  });

  it('says the name of the runbook where that protects nothing that has one', () => {
    expect(fill(input({ runbook: { ...book, protects: [] } })).subject).toBe('Example BV: shop-failover');
  });

  it('says the disaster that it was declared as', () => {
    const disaster = {
      ...{ name: 'flood', class: 'critical' as const, say: 'Water', runbook: 'shop-failover' },
      ...{ severity: 'critical' as const, roles: ['ops'], tell: [] },
    };
    expect(fill(input({ disaster })).text.split('\n')[0]).toBe(
      'shop-failover flood critical Water the site is dark',
    );
  });

  it('says in a rehearsal that it is one, and goes to its channel alone', () => {
    expect(fill(input({ mode: 'drill' }))).toMatchObject({
      subject: 'DRILL: Example BV: shop, billing',
      text: expect.stringMatching(/^This is a drill: nothing has happened\.\n\n/),
      ...{ way: 'channel', channel: 'lab', to: ['lab@example.org'] },
    });
    const without = { ...book, communication: plan(messages, rules) };
    expect(fill(input({ mode: 'drill', runbook: without }))).toMatchObject({ way: 'nowhere', channel: null });
    expect(fill(input({ mode: 'tabletop' })).subject).toMatch(/^TABLETOP: /);
  });

  it('is shown line by line, so that whoever approves it signs all of it', () => {
    const facts = factsOfMessage({ ...fill(), sha256: 'd'.repeat(64) });
    expect(facts.map(({ name }) => name)).toEqual([
      'message',
      'goes',
      'subject',
      ...['text 1', 'text 2', 'text 3'],
      'SHA-256 of subject and text',
    ]);
    const shown = { ...opened(input()).shown, organization: 'Example BV' };
    const text = stepText(
      shown,
      {
        id: 'tell',
        do: 'communicate',
        does: '',
        say: '',
        role: 'x',
        needed: 2,
        asked: { by: 'ops-1', sends: 'news', note: null },
      },
      { findings: [], choices: [], facts },
      at,
    );
    expect(text).toContain('people who must approve: 2\nasked for by: ops-1\n');
    expect(text).toContain(`fact: SHA-256 of subject and text: ${'d'.repeat(64)}`);
  });
});

describe('a message that is asked for', () => {
  const asks = (said: Partial<MessageRequest>, given = input(), state = opened(given)) => {
    const result = follow(
      given,
      state,
      'communicate',
      { by: 'comms-1', sends: 'news', ...said },
      { key: null },
      at,
    );
    return 'refusal' in result ? result.refusal : result.state;
  };

  it('becomes a step of its own name', () => {
    const once = asks({});
    if (typeof once === 'string') throw new Error(once);
    expect(once.shown.steps.at(-1)).toMatchObject({
      id: 'communicate/news-1',
      do: 'communicate',
      role: 'communications-lead',
      state: 'pending',
      asked: { by: 'comms-1', sends: 'news', note: null },
    });
    expect(asks({}, input(), once)).toContain('communicate/news-1 is not over yet');
    const other = asks({ sends: 'progress', note: 'better' }, input(), once);
    expect(typeof other === 'string' ? other : other.shown.steps.at(-1)?.id).toBe('communicate/progress-1');
  });

  it.each<[what: string, said: Partial<MessageRequest>, sentence: string]>([
    ['by a stranger', { by: 'mallory' }, 'knows no mallory'],
    [
      'by nobody who has to do with it',
      { by: 'intern-1' },
      'neither the role communications-lead nor incident-commander',
    ],
    ['of a name that there is not', { sends: 'nwes' }, 'has no message nwes: did you mean "news"?'],
    ['without the note that it says', { sends: 'progress' }, 'says what you add to it: give a note'],
    ['with a note that it has no place for', { note: 'x' }, 'has no place for a note'],
  ])('is refused %s', (_what, said, sentence) => {
    expect(asks(said)).toContain(sentence);
  });

  it('is refused where nobody else could approve it, and where there is no plan', () => {
    const alone = speakers.filter(({ name }) => name !== 'comms-2');
    expect(asks({}, input({ people: alone }))).toContain('nobody but comms-1 and commander-1 has the role');
    expect(asks({ by: 'commander-2' }, input({ people: alone }))).not.toEqual(expect.any(String));
    const { communication: _, ...without } = book;
    expect(asks({}, input({ runbook: without }))).toBe('The policy has no communication plan.');
  });

  it('is refused when every step is over', () => {
    const state = opened(input());
    const over = state.shown.steps.map((each) => ({ ...each, state: 'passed' as const }));
    expect(asks({}, input(), { ...state, shown: { ...state.shown, steps: over } })).toContain('too late');
  });

  it('is not approved by whoever asked', () => {
    const state = asks({});
    if (typeof state === 'string') throw new Error(state);
    const id = 'communicate/news-1';
    const hash = 'c'.repeat(64);
    const bound = { look: { findings: [], facts: [], choices: [] }, text: 't', hash };
    const waits = ask(begin(state, id, at), id, at, { kind: 'approval', sentence: '?', bound });
    const approve = (by: string) =>
      follow(input(), waits, 'approve', { by, step: id, hash }, { key: null }, at);
    expect(approve('comms-1')).toEqual({
      refusal: "comms-1 asked for this message, and so can't approve it.",
    });
    expect(approve('comms-2')).toHaveProperty('state');
  });

  it('has a form, and a text that is signed', () => {
    expect(malformed('communicate', { by: 'a', sends: 'news' })).toBeNull();
    expect(malformed('communicate', { by: 'a' })).toContain('Give a message.');
    expect(malformed('communicate', { by: 'a', sends: 'news', note: 'two\nlines' })).toContain('one line');
    const text = (said: object) =>
      messageText({ workflowId: 'w', runId: 'r' }, 'communicate', { by: 'a', ...said });
    expect(text({ sends: 'news', note: 'x' })).toContain('\nsends: news\nnote: x\n');
    expect(text({ sends: 'news', note: 'x' })).not.toBe(text({ sends: 'news', note: 'y' }));
  });
});

describe('an approval by several', () => {
  const two = runbook([command('promote', ['true'], { approve: true, approvals: 2 })]);
  const given = failoverInput(two, { people: speakers });
  const hash = 'c'.repeat(64);
  const bound = { look: { findings: [], facts: [], choices: [] }, text: 't', hash };
  const asked = ask(begin(opened(given), 'promote', at), 'promote', at, {
    kind: 'approval',
    sentence: '?',
    bound,
  });
  const approve = (state: RunState, by: string, key: string | null = null) => {
    const result = follow(given, state, 'approve', { by, step: 'promote', hash }, { key }, at);
    if ('refusal' in result) throw new Error(result.refusal);
    return result;
  };

  it('lets the step go on with the last of them, and counts everybody once', () => {
    const first = approve(asked, 'ops-1', 'SHA256:a');
    expect(first.sentence).toBe('ops-1 approved promote, 1 of 2.');
    expect(stepIn(first.state, 'promote')).toMatchObject({ state: 'waiting', needed: 2 });
    expect(first.state.answers).toEqual({});
    expect(() => approve(first.state, 'ops-1', 'SHA256:a')).toThrow('has approved already, and counts once');
    expect(() => approve(first.state, 'ops-2', 'SHA256:a')).toThrow('in the name of ops-1');
    const second = approve(first.state, 'ops-2', 'SHA256:b');
    expect(second.state.answers.promote).toEqual({ kind: 'approved' });
    expect(stepIn(second.state, 'promote')?.approvals.map(({ by }) => by)).toEqual(['ops-1', 'ops-2']);
  });
});

describe('what must be out by a time', () => {
  const told = (changes: Partial<StepProgress>): StepProgress => {
    const state = opened(
      failoverInput(runbook([telling('tell', message('notice', { within: 72 * 3600 }))]), {
        people: speakers,
      }),
    );
    const [first] = state.shown.steps;
    if (first === undefined) throw new Error('no step');
    return { ...first, ...changes };
  };
  const sent = (sentAt: string) => ({
    ...fillMessage(message('notice'), { input: input(), shown: opened(input()).shown }, at, null),
    ...{ sha256: '', sentAt },
  });

  it('shows the time that is left, until it is over', () => {
    const due = '2026-11-24T10:00:00.000Z';
    expect(told({}).dueAt).toBe(due);
    expect(dueLines([told({})], Date.parse('2026-11-21T12:00:00Z'))).toEqual([
      `tell must be out by ${due}: 2d 22h left`,
    ]);
    expect(dueLines([told({})], Date.parse('2026-11-24T11:00:00Z'))).toEqual([
      `tell must be out by ${due}: overdue for 1h`,
    ]);
    expect(dueLines([told({ state: 'passed' })], 0)).toEqual([]);
  });

  it('is missed where it was not sent, or late', () => {
    const end = '2026-11-25T00:00:00.000Z';
    expect(unsent([told({ state: 'passed', message: sent('2026-11-22T00:00:00.000Z') })], end)).toEqual([]);
    expect(unsent([told({ state: 'passed', message: sent('2026-11-24T10:00:01.000Z') })], end)).toEqual([
      expect.stringContaining('was sent at 2026-11-24T10:00:01.000Z, after its time'),
    ]);
    expect(unsent([told({ state: 'skipped' })], end)).toEqual([expect.stringContaining('overdue since')]);
    expect(unsent([told({ state: 'not-reached' })], at)).toEqual([expect.stringContaining('is due by')]);
  });
});

describe('a message that waits for whoever approves it', () => {
  it('does not count for RTO', () => {
    const run = opened(
      failoverInput(runbook([command('promote', ['true']), telling('tell', message('news'))])),
    ).shown;
    const [promote, tell] = run.steps;
    if (promote === undefined || tell === undefined) throw new Error('two steps');
    const steps = [{ ...promote, state: 'passed' as const, endedAt: '2026-11-21T10:01:00.000Z' }, tell];
    expect(
      measuredRto({ steps, declaredAt: at } satisfies Pick<FailoverProgress, 'steps' | 'declaredAt'>),
    ).toBe(60);
  });
});
