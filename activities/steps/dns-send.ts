import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import type { NameServer } from '../../policy/resolved-failover.ts';
import { placeOf, redact, run } from '../../process/index.ts';
import type { Work } from '../work.ts';
import { canonicalName, nameOfPlace } from './dns-ask.ts';

/** The update was made, or one of its prerequisites does not hold and nothing was. */
export type UpdateAnswer = 'made' | 'prerequisite-failed';

const patience = 20;

/** Answers (RFC 2136, 2.2) that say that a prerequisite does not hold. */
const prerequisites: ReadonlySet<string> = new Set(['NXDOMAIN', 'YXDOMAIN', 'NXRRSET', 'YXRRSET']);

/**
 * Sends one update, which is made as a whole or not at all (RFC 2136), by the user's own `nsupdate`: over TCP, so that an
 * answer that gets lost makes it send nothing twice. The TSIG key goes by a private file (law 7).
 *
 * @param lines `prereq …` and `update …` as nsupdate reads them
 * @throws HoldfastError `unreachable`, `authentication-failed`, `access-denied`, `not-found`, `bad-key`, `bad-policy`,
 *   `service-unavailable`, `process-failed`, each with a sentence on what the server said
 */
export async function sendUpdate(
  server: NameServer,
  lines: readonly string[],
  work: Work,
): Promise<UpdateAnswer> {
  const script = [
    `server ${server.host} ${server.port}`,
    `zone ${canonicalName(server.domain)}`,
    ...lines,
    'send',
  ];
  if (script.some((line) => /[\p{Cc};]/u.test(line)))
    throw new HoldfastError(
      'bad-policy',
      `A name or a value for ${server.name} holds what DNS names can't.`,
      {
        hint: 'Write plain names and addresses.',
      },
    );
  const { file, secret } = await keyFile(server, work);
  const key = file === null ? [] : ['-k', file];
  try {
    const { stderr, exitCode } = await run(
      { command: 'nsupdate', args: ['-v', '-t', String(patience), ...key], cwd: work.directory },
      {
        signal: work.signal,
        timeout: patience + 10,
        stdin: `${script.join('\n')}\n`,
        okExitCodes: [0, 1, 2],
      },
    );
    if (exitCode === 0) return 'made';
    const said = redact(stderr, [secret]).trim();
    const [, code = '', tsig = ''] = /update failed: (\w+)(?:\((\w+)\))?/.exec(said) ?? [];
    if (prerequisites.has(code)) return 'prerequisite-failed';
    throw refusal(server, tsig === '' ? code : tsig, said);
  } finally {
    if (file !== null) await rm(file, { force: true });
  }
}

/** The key in a file of its own that nobody else may read. */
async function keyFile(server: NameServer, work: Work): Promise<{ file: string | null; secret: string }> {
  if (server.tsig === undefined) return { file: null, secret: '' };
  const { key, algorithm, secret: ref } = server.tsig;
  const secret = (await work.secret(ref)).trim();
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(secret))
    throw new HoldfastError('bad-key', `The secret of TSIG key ${key} in ${placeOf(ref)} is not Base64.`, {
      hint: 'Put there what stands between the quotes after `secret`, as tsig-keygen prints it, and nothing else.',
    });
  if (!/^[\w.-]+$/.test(key) || !/^[\w-]+$/.test(algorithm))
    throw new HoldfastError(
      'bad-policy',
      `The TSIG key of ${server.name} has a name or an algorithm that none has.`,
      {
        hint: 'Write both as `tsig-keygen` prints them.',
      },
    );
  const file = join(work.directory, `tsig-${randomUUID()}.key`);
  const text = `key "${key}" {\n  algorithm ${algorithm};\n  secret "${secret}";\n};\n`;
  await writeFile(file, text, { mode: 0o600, flag: 'wx' });
  return { file, secret };
}

/** What the server's answer means to people (RFC 8945, 5.2 for keys; RFC 2136, 2.2 for the rest). */
function refusal(server: NameServer, code: string, said: string): HoldfastError {
  const name = `Name server ${server.name} (${nameOfPlace(server)})`;
  const key = server.tsig?.key ?? 'none';
  switch (code) {
    case 'BADKEY':
      return new HoldfastError('authentication-failed', `${name} does not know the TSIG key ${key}.`, {
        hint: 'Check its name and algorithm on both sides.',
      });
    case 'BADSIG':
      return new HoldfastError(
        'authentication-failed',
        `${name} has another secret for the TSIG key ${key}.`,
        {
          hint: 'Put the same secret on both sides.',
        },
      );
    case 'BADTIME':
      return new HoldfastError(
        'authentication-failed',
        `The clocks of this worker and of ${name} differ too much.`,
        {
          hint: 'Signed updates bear five minutes. Set both clocks by NTP.',
        },
      );
    case 'REFUSED':
      return new HoldfastError(
        'access-denied',
        `${name} refuses updates ${server.tsig ? `by TSIG key ${key}` : 'that are not signed'}.`,
        {
          hint: `Allow it in its \`update-policy\` or \`allow-update\` for ${server.domain}.`,
        },
      );
    case 'NOTAUTH':
    case 'NOTZONE':
      return new HoldfastError(
        'not-found',
        `${name} is not the primary server of ${server.domain}, or the record is not in it.`,
        {
          hint: 'Name the server that takes updates, and the apex of its zone as `domain`.',
        },
      );
    case 'NOTIMP':
      return new HoldfastError('access-denied', `${name} takes no dynamic updates.`);
    case 'SERVFAIL':
      return new HoldfastError('service-unavailable', `${name} failed at the update (SERVFAIL).`, {
        hint: 'Its log says why; often it may not write its journal.',
      });
    case '':
      return new HoldfastError(
        'unreachable',
        `${name} could not be reached for an update: ${lastLine(said)}`,
        {
          hint: 'Check that it runs, and that this worker may reach it over TCP.',
        },
      );
    default:
      return new HoldfastError('process-failed', `${name} answered the update with ${code}.`);
  }
}

const lastLine = (said: string): string =>
  `${said.split('\n').at(-1)?.replace(/^; /, '').replace(/\.$/, '') ?? ''}.`;
