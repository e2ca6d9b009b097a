import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { notify } from '../../../activities/notify.ts';
import type { MailServer } from '../../../policy/resolved-proof.ts';
import type { NotifyInput } from '../../../workflows/contract-alerts.ts';
import { makeCertificate, type Postbox, postboxLogin, startPostbox } from '../../support/receivers.ts';
import { workAt } from '../../support/work.ts';

let directory: string;
let caFile: string;
let passwordFile: string;
const boxes = new Map<MailServer['security'], Postbox>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-mail-'));
  const certificate = await makeCertificate(directory);
  caFile = certificate.cert;
  passwordFile = join(directory, 'password');
  await writeFile(passwordFile, `${postboxLogin.password}\n`);
  for (const security of ['tls', 'starttls', 'none'] as const)
    boxes.set(security, await startPostbox(security, certificate));
});
afterAll(async () => {
  for (const box of boxes.values()) await box.down();
  await rm(directory, { recursive: true, force: true });
});

function box(security: MailServer['security']): Postbox {
  const found = boxes.get(security);
  if (found === undefined) throw new Error(`no mail server with ${security}`);
  return found;
}

function message(
  mail: Partial<MailServer> & Pick<MailServer, 'port' | 'security'>,
  to = ['dba@example.org'],
): NotifyInput {
  const password = { file: passwordFile };
  return {
    rules: {
      mail: {
        host: '127.0.0.1',
        from: 'Holdfast <holdfast@example.org>',
        user: postboxLogin.user,
        password,
        caFile,
        ...mail,
      },
      channels: [{ name: 'dba', kind: 'email', to }],
      routes: [],
    },
    channel: 'dba',
    messageId: 'alerts-1-7',
    title: '[Holdfast] critical: no-backup shöp',
    text: 'CRITICAL  no-backup  shöp\n    No backup was ever made.\n',
    severity: 'critical',
    alerts: [],
    more: 0,
  };
}

const sent = (input: NotifyInput) => notify(workAt(directory), input);
const fault = (input: NotifyInput): Promise<unknown> => sent(input).catch((error: unknown) => error);

describe('a mail', () => {
  it.each(['tls', 'starttls', 'none'] as const)('goes out with %s, logged in', async (security) => {
    const { port, mails } = box(security);
    mails.length = 0;
    expect(await sent(message({ port, security }))).toEqual({ refused: [] });
    expect(mails).toMatchObject([
      {
        from: 'holdfast@example.org',
        to: ['dba@example.org'],
        secure: security !== 'none',
        user: 'holdfast',
      },
    ]);
    const [mail] = mails;
    expect(mail?.source).toMatch(/^Auto-Submitted: auto-generated/m);
    expect(mail?.source).toMatch(/^Subject: =\?UTF-8\?/m);
    expect(mail?.source).toContain('No backup was ever made.');
  });

  it('that is sent twice has one Message-ID', async () => {
    const { port, mails } = box('starttls');
    mails.length = 0;
    for (let time = 0; time < 2; time += 1) await sent(message({ port, security: 'starttls' }));
    const ids = mails.map(({ source }) => /^Message-ID: (.*)$/im.exec(source)?.[1]);
    expect(ids).toEqual(['<alerts-1-7@example.org>', '<alerts-1-7@example.org>']);
  });

  it('with a wrong password is refused for good, and the error tells no secret', async () => {
    const wrong = join(directory, 'wrong');
    await writeFile(wrong, 'hunter2-secret');
    const error = await fault(message({ port: box('tls').port, security: 'tls', password: { file: wrong } }));
    expect(error).toMatchObject({
      code: 'authentication-failed',
      message: expect.stringContaining('EAUTH, 535'),
    });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/hunter2|aHVudGVy/);
  });

  it.each(['tls', 'starttls'] as const)(
    'does not go to a server that nobody vouches for (%s)',
    async (security) => {
      const { port, mails, logins } = box(security);
      [mails.length, logins.length] = [0, 0];
      const input = message({ port, security });
      const { caFile: _authority, ...mail } = input.rules.mail ?? { caFile };
      if (!('host' in mail)) throw new Error('no mail server');
      const error = await fault({ ...input, rules: { ...input.rules, mail } });
      expect(error).toMatchObject({
        code: 'unreachable',
        sentence: expect.stringMatching(/certificate.*caFile/s),
      });
      expect([mails, logins]).toEqual([[], []]);
    },
  );

  it('does not go unencrypted where encryption was asked for, and no password is said', async () => {
    const { port, mails, logins } = box('none');
    [mails.length, logins.length] = [0, 0];
    expect(await fault(message({ port, security: 'starttls' }))).toMatchObject({
      code: 'unreachable',
      sentence: expect.stringContaining('does not encrypt'),
    });
    expect([mails, logins]).toEqual([[], []]);
  });

  it('does not go unencrypted to another host', async () => {
    expect(await fault(message({ port: 25, security: 'none', host: 'mail.example.org' }))).toMatchObject({
      code: 'bad-policy',
    });
  });

  it('reaches the others when one address is refused, and tells which', async () => {
    const { port, mails, refused } = box('starttls');
    mails.length = 0;
    refused.add('gone@example.org');
    const input = message({ port, security: 'starttls' }, ['gone@example.org', 'dba@example.org']);
    expect(await sent(input)).toEqual({ refused: ['gone@example.org'] });
    expect(mails).toMatchObject([{ to: ['dba@example.org'] }]);
    expect(await fault(message({ port, security: 'starttls' }, ['gone@example.org']))).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('550'),
    });
    refused.clear();
  });

  it('is tried again later where the server is busy, or away', async () => {
    const target = box('starttls');
    target.busy = true;
    expect(await fault(message({ port: target.port, security: 'starttls' }))).toMatchObject({
      code: 'service-unavailable',
    });
    target.busy = false;
    await target.down();
    expect(await fault(message({ port: target.port, security: 'starttls' }))).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('127.0.0.1'),
    });
    await target.up();
    expect(await sent(message({ port: target.port, security: 'starttls' }))).toEqual({ refused: [] });
  });
});
