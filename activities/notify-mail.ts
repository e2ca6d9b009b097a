import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { createTransport } from 'nodemailer';
import { type ErrorCode, HoldfastError } from '../policy/errors.ts';
import { isThisHost } from '../policy/hosts.ts';
import type { Channel, MailServer } from '../policy/resolved-proof.ts';
import type { NotifyInput } from '../workflows/contract-alerts.ts';
import type { Work } from './work.ts';

const seconds = { connect: 15, silence: 30 };

/**
 * Sends a mail to the addresses of a channel; those that the server refused while it took others.
 *
 * @throws HoldfastError `bad-policy` when the rules have no mail server, or one without encryption on another host;
 *   `authentication-failed` or `refused` when trying again can't help, else `unreachable`, `stalled` or
 *   `service-unavailable`
 */
export async function sendMail(
  work: Work,
  input: Pick<NotifyInput, 'rules' | 'title' | 'text' | 'messageId'>,
  channel: Extract<Channel, { kind: 'email' }>,
): Promise<string[]> {
  const { mail } = input.rules;
  if (mail === undefined || channel.to.length === 0)
    throw new HoldfastError('bad-policy', `Channel ${channel.name} reaches nobody by mail.`, {
      hint: 'Set notifications.mail, and an address in the channel.',
    });
  const transport = createTransport(await settingsOf(work, mail));
  const stop = () => transport.close();
  work.signal.addEventListener('abort', stop, { once: true });
  try {
    const { rejected } = await transport.sendMail({
      from: mail.from,
      to: channel.to,
      subject: input.title,
      text: input.text,
      // The same in every attempt, so that a mail that arrives twice is one to whoever reads it.
      messageId: `<${input.messageId}@${domainOf(mail.from)}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    return (rejected ?? []).map(String);
  } catch (error) {
    work.signal.throwIfAborted();
    throw mailError(error, mail.host);
  } finally {
    work.signal.removeEventListener('abort', stop);
    transport.close();
  }
}

async function settingsOf(work: Work, { host, port, security, user, password, caFile }: MailServer) {
  if (security === 'none' && !isThisHost(host))
    throw new HoldfastError('bad-policy', `Mail to ${host} would go without encryption.`, {
      hint: 'Set notifications.mail.security to starttls or tls.',
    });
  const ca = caFile === undefined ? undefined : await readAuthorities(caFile);
  return {
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { minVersion: 'TLSv1.2' as const, rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) },
    connectionTimeout: seconds.connect * 1000,
    greetingTimeout: seconds.connect * 1000,
    dnsTimeout: seconds.connect * 1000,
    socketTimeout: seconds.silence * 1000,
    ...(user === undefined || password === undefined
      ? {}
      : { auth: { user, pass: await work.secret(password) } }),
  };
}

async function readAuthorities(path: string): Promise<string[]> {
  try {
    return [...rootCertificates, await readFile(path, 'utf8')];
  } catch (cause) {
    throw new HoldfastError('bad-policy', `The certificate file ${path} can't be read on this worker.`, {
      hint: 'Put the PEM file of the authority there, or take `caFile` out of notifications.mail.',
      cause,
    });
  }
}

const domainOf = (address: string): string => /@([A-Za-z0-9.-]+)/.exec(address)?.[1] ?? 'holdfast.invalid';

const certificate = /CERT|SELF_SIGNED|UNABLE_TO|certificate|altname/i;

const byCode: Record<string, ErrorCode> = {
  EAUTH: 'authentication-failed',
  ENOAUTH: 'authentication-failed',
  EENVELOPE: 'refused',
  EMESSAGE: 'refused',
  ETIMEDOUT: 'stalled',
};

/** What a mail server's fault is called. Its own words stay out: some servers repeat who logged in. */
function mailError(error: unknown, host: string): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const { code, status, message } = factsOf(error);
  const told = status === null ? code : `${code}, ${status}`;
  if (certificate.test(`${code} ${message}`))
    return new HoldfastError(
      'unreachable',
      `The certificate of mail server ${host} is not one that the worker trusts.`,
      {
        hint: 'Set notifications.mail.caFile to the authority that issued it, or renew it.',
      },
    );
  if (code === 'ETLS')
    return new HoldfastError('unreachable', `Mail server ${host} does not encrypt as it is asked to.`, {
      hint: 'Check notifications.mail.security and port.',
    });
  if (status !== null && status >= 400 && status < 500)
    return new HoldfastError('service-unavailable', `Mail server ${host} takes no mail now (${told}).`);
  const kind = byCode[code] ?? 'unreachable';
  if (kind === 'authentication-failed')
    return new HoldfastError(kind, `Mail server ${host} does not let us log in (${told}).`, {
      hint: 'Check notifications.mail.user, and the password on the worker.',
    });
  if (kind === 'refused')
    return new HoldfastError(kind, `Mail server ${host} refuses the mail (${told}).`, {
      hint: 'Check notifications.mail.from and the addresses of the channel.',
    });
  return new HoldfastError(kind, `Mail server ${host} could not be reached (${told}).`);
}

function factsOf(error: unknown): { code: string; status: number | null; message: string } {
  if (typeof error !== 'object' || error === null) return { code: 'unknown', status: null, message: '' };
  return {
    code: 'code' in error && typeof error.code === 'string' ? error.code : 'unknown',
    status: 'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : null,
    message: 'message' in error ? String(error.message) : '',
  };
}
