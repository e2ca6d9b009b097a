import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import type { MailServer } from '../../policy/resolved-proof.ts';
import { run } from '../../process/index.ts';
import { freePort } from '../../tools/servers/index.ts';

export type Received = { method: string; path: string; headers: IncomingHttpHeaders; body: string };

/** An HTTP server that keeps what it gets; it can go away and come back at the same address. */
export type Receiver = {
  url: string;
  received: Received[];
  /** What it answers from now on; 200 at first. */
  answer(how: (response: ServerResponse, path: string) => void): void;
  down(): Promise<void>;
  up(): Promise<void>;
};

export async function startReceiver(): Promise<Receiver> {
  const port = await freePort();
  const received: Received[] = [];
  const well = (response: ServerResponse) => {
    response.end('ok');
  };
  let answer: (response: ServerResponse, path: string) => void = well;
  const listen = async () => {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      const { method = '', url: path = '', headers } = request;
      received.push({ method, path, headers, body: Buffer.concat(chunks).toString() });
      answer(response, path);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  let server = await listen();
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    answer: (how) => {
      answer = how;
    },
    down: async () => {
      server.closeAllConnections();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
    up: async () => {
      server = await listen();
    },
  };
}

export type Mail = { from: string; to: string[]; source: string; secure: boolean; user: string | null };

/** A mail server that keeps what it gets; user `holdfast`, password `correct horse`. */
export type Postbox = {
  port: number;
  mails: Mail[];
  /** Logins, good and bad. */
  logins: { user: string; good: boolean }[];
  /** Answers 550 to whoever is named here, 451 to everybody while `busy`. */
  refused: Set<string>;
  busy: boolean;
  down(): Promise<void>;
  up(): Promise<void>;
};

export const postboxLogin = { user: 'holdfast', password: 'correct horse' };

/** A certificate of 127.0.0.1 that signs itself. */
export async function makeCertificate(directory: string): Promise<{ cert: string; key: string }> {
  const [cert, key] = [join(directory, 'mail.crt'), join(directory, 'mail.key')];
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
  ];
  const names = ['-subj', '/CN=mail', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  await run({ command: 'openssl', args: [...request, ...names, '-keyout', key, '-out', cert] });
  return { cert, key };
}

export async function startPostbox(
  security: MailServer['security'],
  certificate: { cert: string; key: string },
): Promise<Postbox> {
  const [cert, key] = await Promise.all([readFile(certificate.cert), readFile(certificate.key)]);
  const state: Omit<Postbox, 'down' | 'up'> = {
    port: await freePort(),
    mails: [],
    logins: [],
    refused: new Set(),
    busy: false,
  };
  const answer = (code: number, text: string) => Object.assign(new Error(text), { responseCode: code });
  const listen = async () => {
    const server = new SMTPServer({
      secure: security === 'tls',
      cert,
      key,
      ...(security === 'none' ? { disabledCommands: ['STARTTLS'], allowInsecureAuth: true } : {}),
      authOptional: true,
      logger: false,
      onAuth: ({ username = '', password }, _session, done) => {
        const good = username === postboxLogin.user && password === postboxLogin.password;
        state.logins.push({ user: username, good });
        if (good) done(null, { user: username });
        else done(answer(535, 'no such user or password'));
      },
      onRcptTo: ({ address }, _session, done) => {
        if (state.busy) done(answer(451, 'try again later'));
        else if (state.refused.has(address)) done(answer(550, 'no such mailbox'));
        else done();
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const { mailFrom, rcptTo } = session.envelope;
          state.mails.push({
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            source: Buffer.concat(chunks).toString(),
            secure: session.secure,
            user: typeof session.user === 'string' ? session.user : null,
          });
          done();
        });
      },
    });
    server.on('error', () => undefined);
    const listening = server.listen(state.port, '127.0.0.1');
    await once(listening, 'listening');
    return server;
  };
  let server = await listen();
  return Object.assign(state, {
    down: () => new Promise<void>((resolve) => server.close(() => resolve())),
    up: async () => {
      server = await listen();
    },
  });
}
