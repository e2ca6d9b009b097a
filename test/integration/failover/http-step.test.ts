import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { httpCheck } from '../../../activities/steps/http-check.ts';
import type { StepOf } from '../../../policy/resolved-failover.ts';
import { run } from '../../../process/index.ts';
import { freePort } from '../../../tools/servers/index.ts';
import { aRun, aStep } from '../../support/steps.ts';
import { workAt } from '../../support/work.ts';

let home: string;
const servers: Server[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-http-step-'));
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await rm(home, { recursive: true, force: true });
});

async function serve(listener: RequestListener, port?: number): Promise<{ port: number; server: Server }> {
  const at = port ?? (await freePort());
  const server = createServer(listener).listen(at, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return { port: at, server };
}

const step = (url: string, more: Partial<StepOf<'http.check'>> = {}): StepOf<'http.check'> => ({
  ...aStep('verify'),
  do: 'http.check',
  url,
  status: 200,
  within: 1,
  ...more,
});

const carryOut = (of: StepOf<'http.check'>, more = {}) => httpCheck.carryOut(of, aRun(more), workAt(home));

describe('an HTTP check', () => {
  it('passes on the status and the text that it looks for', async () => {
    const { port } = await serve((_request, response) => response.end('the shop is open'));
    const passed = await carryOut(step(`http://127.0.0.1:${port}/health`, { contains: 'open' }));
    expect(passed.sentence).toMatch(/^127\.0\.0\.1:\d+ answered 200 after \d+\.\d s, at try 1\.$/);
    await expect(carryOut(step(`http://127.0.0.1:${port}/`, { contains: 'closed' }))).rejects.toThrow(
      'does not hold the text that the step looks for',
    );
    await expect(carryOut(step(`http://127.0.0.1:${port}/`, { status: 204 }))).rejects.toThrow(
      'answers 200 and not 204',
    );
  });

  it('asks again until the service is there, on a new connection each time', async () => {
    const sockets = new Set<Socket>();
    let asked = 0;
    const { port } = await serve((request, response) => {
      sockets.add(request.socket);
      asked += 1;
      response.writeHead(asked < 3 ? 503 : 200).end();
    });
    const { sentence } = await carryOut(step(`http://127.0.0.1:${port}/`, { within: 30 }));
    expect(sentence).toContain('at try 3');
    expect(sockets.size).toBe(3);
  });

  it('gives up when its time is over, and says what the last answer was', async () => {
    const port = await freePort();
    await expect(carryOut(step(`http://127.0.0.1:${port}/?token=abc`))).rejects.toMatchObject({
      code: 'service-unavailable',
      message: expect.stringMatching(
        /^127\.0\.0\.1:\d+ could not be asked: ECONNREFUSED\. It was asked \d times in \d seconds\.$/,
      ),
    });
    const hung = await serve(() => undefined);
    await expect(carryOut(step(`http://127.0.0.1:${hung.port}/`))).rejects.toThrow(
      'did not answer within 1 seconds',
    );
  });

  it('follows a redirect on the same host, and to no other', async () => {
    const other = await serve((_request, response) => response.end('another site'));
    const { port } = await serve((request, response) => {
      const here = request.url === '/here' ? '/there' : `http://localhost:${other.port}/`;
      if (request.url === '/there') response.end('arrived');
      else response.writeHead(302, { location: here }).end();
    });
    await carryOut(step(`http://127.0.0.1:${port}/here`, { contains: 'arrived' }));
    await expect(carryOut(step(`http://127.0.0.1:${port}/away`))).rejects.toThrow(
      /answers 302 and leads to localhost:\d+: not followed/,
    );
    await carryOut(step(`http://127.0.0.1:${port}/away`, { status: 302 }));
  });

  it('wants a certificate that it can trust', async () => {
    const [key, cert] = [join(home, 'tls.key'), join(home, 'tls.pem')];
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    args.push('-subj', '/CN=localhost', '-days', '2', '-keyout', key, '-out', cert);
    await run({ command: 'openssl', args });
    const port = await freePort();
    const server = createTlsServer(
      { key: await readFile(key), cert: await readFile(cert) },
      (_request, response) => response.end('ok'),
    ).listen(port, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    await expect(carryOut(step(`https://localhost:${port}/`))).rejects.toThrow(
      'could not be asked: DEPTH_ZERO_SELF_SIGNED_CERT',
    );
  });

  it('asks nothing in a drill but the address for drills', async () => {
    let asked = 0;
    const { port } = await serve((_request, response) => {
      asked += 1;
      response.end();
    });
    const real = `http://127.0.0.1:${port}/`;
    const report = await carryOut(step(real), { mode: 'drill' });
    expect(report.exceptions).toHaveLength(1);
    const seen = await httpCheck.look(step(real), aRun({ mode: 'drill' }), workAt(home));
    expect(seen.findings[0]?.outcome).toBe('not-checked');
    expect(asked).toBe(0);
    const drill = await serve((_request, response) => response.end());
    const of = step(real, { drill: `http://127.0.0.1:${drill.port}/` });
    expect((await carryOut(of, { mode: 'drill' })).exceptions).toEqual([]);
    expect(asked).toBe(0);
  });

  it('warns at a look, since the service may come with the failover', async () => {
    const { port } = await serve((_request, response) => response.writeHead(404).end());
    const { findings } = await httpCheck.look(step(`http://127.0.0.1:${port}/`), aRun(), workAt(home));
    expect(findings[0]).toMatchObject({
      outcome: 'warning',
      sentence: expect.stringContaining('answers 404'),
    });
  });
});
