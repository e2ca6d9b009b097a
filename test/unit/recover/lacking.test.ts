import { describe, expect, it } from '@jest/globals';
import { lackingFor } from '../../../cli/recover/lacking.ts';
import type { Channel } from '../../../policy/resolved-proof.ts';
import { message, plan, telling } from '../../support/messages.ts';
import { runbook } from '../../support/runbooks.ts';

const having = (env: Record<string, string>) => ({
  ...{ zones: ['ams'], env },
  keys: async () => ({ name: 'databases', here: true, sentence: '' }),
});

describe('what the messages of a runbook lack on a machine', () => {
  const mail = { host: 'mx', port: 587, security: 'starttls', from: 'a@example.org' } as const;
  const lacks = (channel: Channel, env = {}) => {
    const rules = { channels: [channel], mail: { ...mail, password: { env: 'MAIL' } } };
    const steps = [telling('tell', message('news', { channel: channel.name }))];
    return lackingFor(runbook(steps, { communication: plan([], rules) }), having(env));
  };
  const hook = { name: 'status', kind: 'webhook' } as const;

  it.each<[what: string, channel: Channel, sentence: RegExp]>([
    ['a URL', { ...hook, url: { env: 'HOOK' } }, /^The URL of the channel status is not here: .*HOOK/],
    [
      'a secret',
      { ...hook, url: { url: 'https://example.org' }, secret: { env: 'SECRET' } },
      /^The secret of the channel status is not here: .*SECRET/,
    ],
    [
      'a password',
      { name: 'mail', kind: 'email', to: ['b@example.org'] },
      /^The mail password of the channel mail is not here: .*MAIL/,
    ],
  ])('is %s that is not here', async (_what, channel, sentence) => {
    expect(await lacks(channel)).toEqual([{ sentence: expect.stringMatching(sentence), steps: ['tell'] }]);
    expect(await lacks(channel, { HOOK: 'x', SECRET: 'x', MAIL: 'x' })).toEqual([]);
  });

  it('is nothing where people copy them', async () => {
    const steps = [telling('tell', message('news', { channel: null }))];
    expect(await lackingFor(runbook(steps, { communication: plan([]) }), having({}))).toEqual([]);
  });
});
