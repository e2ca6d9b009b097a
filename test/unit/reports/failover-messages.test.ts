import { describe, expect, it } from '@jest/globals';
import { messagesOf } from '../../../reports/failover-messages.ts';
import type { StepProgress } from '../../../workflows/contract-failover.ts';
import type { FilledMessage } from '../../../workflows/contract-failover-telling.ts';
import { openingStep } from '../../../workflows/failover/state.ts';
import { message, telling } from '../../support/messages.ts';
import { step } from '../../support/runbooks.ts';

const at = '2026-11-21T10:00:00.000Z';
const filled: FilledMessage = {
  ...{ name: 'notice', audience: 'regulator', moment: 'declare', subject: 'A | b', text: 'First\n\nlast' },
  ...{ way: 'channel', channel: 'authority', to: ['a@example.org', 'b@example.org'], sha256: 'c'.repeat(64) },
  sentAt: '2026-11-21T10:30:00.000Z',
};
const told = (changes: Partial<StepProgress>): StepProgress => ({
  ...openingStep(telling('tell', message('notice', { within: 3600 })), 'real', at),
  ...changes,
});

describe('the messages of a report', () => {
  it('say what was sent to whom, when, how, and by whose approval', () => {
    const approvals = [
      { by: 'comms-1', at, key: 'SHA256:x' },
      { by: 'comms-2', at, key: null },
    ];
    const text = messagesOf([told({ message: filled, approvals, state: 'passed' })]).join('\n');
    expect(text).toContain('regulator');
    expect(text).toMatch(
      /\| tell \| regulator \| authority: a@example\.org, b@example\.org \| 2026-11-21T10:30:00\.000Z \| 2026-11-21T11:00:00\.000Z \| the runbook \| comms-1 \(SHA256:x\), comms-2 \| c{12} \|/,
    );
    expect(text).toContain('### tell\n\n    A | b\n    \n    First\n    \n    last\n');
  });

  it('say what was not sent, and who asked', () => {
    const { sentAt: _, ...unsent } = filled;
    const asked = { by: 'commander-1', sends: 'notice', note: null };
    const text = messagesOf([told({ message: unsent, asked, state: 'skipped' })]).join('\n');
    expect(text).toContain('| not sent: skipped |');
    expect(text).toContain('| commander-1 |');
  });

  it('are no section where a run has none', () => {
    expect(messagesOf([openingStep(step('halt', { do: 'approve' }), 'real', at)])).toEqual([]);
  });
});
