import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import { run } from '../../process/index.ts';
import { removeDirectory, serverDirectory } from './directory.ts';
import { freePort } from './ports.ts';
import { type RunningServer, startServer } from './server-process.ts';

export type BindKey = { key: string; algorithm: string; secret: string };

export type BindServer = RunningServer & {
  host: string;
  port: number;
  domain: string;
  /** May change anything in the domain. */
  key: BindKey;
  /** Known, and may change nothing. */
  reader: BindKey;
  /** The serial number of the domain: one more for each update that was made. */
  serial(): Promise<number>;
  /** The values of a name as it answers them, sorted. */
  lookUp(name: string, type: string): Promise<string[]>;
};

export type BindResolver = RunningServer & { host: string; port: number };

export type BindOptions = {
  /** `example.org` by default. */
  domain?: string;
  /** Lines of the zone file, names relative to the domain: `shop 300 IN A 192.0.2.1`. */
  records?: string[];
};

const named = '/usr/sbin/named';

/**
 * Starts BIND on 127.0.0.1 as the primary server of a domain that takes updates signed by a TSIG key (RFC 2136, RFC 8945).
 *
 * @throws HoldfastError `tool-missing` when set-up has not run
 */
export async function startBind({
  domain = 'example.org',
  records = [],
}: BindOptions = {}): Promise<BindServer> {
  const key = newKey('holdfast');
  const reader = newKey('reader');
  const home = await serverDirectory();
  const port = await freePort();
  const zone = [
    `$ORIGIN ${domain}.`,
    '$TTL 300',
    '@ IN SOA ns hostmaster 1 3600 600 86400 1',
    '@ IN NS ns',
    'ns IN A 127.0.0.1',
    ...records,
    '',
  ];
  await writeFile(join(home, 'domain.zone'), zone.join('\n'));
  const server = await startNamed({ name: 'BIND', home, port, at: [domain, 'SOA'] }, [
    keyClause(key),
    keyClause(reader),
    'options { recursion no; };',
    `zone "${domain}" { type primary; file "domain.zone"; update-policy { grant ${key.key} zonesub ANY; }; };`,
  ]);
  const ask = (name: string, type: string) => dig(port, name, type);
  return {
    ...server,
    host: '127.0.0.1',
    port,
    domain,
    key,
    reader,
    serial: async () => Number((await ask(domain, 'SOA'))[0]?.split(' ')[2]),
    lookUp: ask,
  };
}

/** Starts a resolver that asks a name server for its domain, and keeps the answers as long as their TTL says. */
export async function startBindResolver(of: BindServer): Promise<BindResolver> {
  const home = await serverDirectory();
  const port = await freePort();
  const server = await startNamed({ name: 'A resolver', home, port, at: [of.domain, 'SOA'] }, [
    'options { recursion yes; allow-recursion { 127.0.0.1; }; allow-query-cache { 127.0.0.1; }; };',
    `zone "${of.domain}" { type forward; forward only; forwarders { ${of.host} port ${of.port}; }; };`,
  ]);
  return { ...server, host: '127.0.0.1', port };
}

type Start = { name: string; home: string; port: number; at: [name: string, type: string] };

async function startNamed(
  { name, home, port, at }: Start,
  clauses: readonly string[],
): Promise<RunningServer> {
  if (!existsSync(named))
    throw new HoldfastError('tool-missing', 'BIND is not installed on this machine.', {
      hint: 'Run `npm run setup -- --for test`.',
    });
  // Where AppArmor confines the installed path, it could not read a directory of ours.
  const program = join(home, 'named');
  await copyFile(named, program);
  await writeFile(join(home, 'named.conf'), configuration(home, port, clauses), { mode: 0o600 });
  return startServer(
    {
      name,
      command: program,
      args: ['-g', '-n', '1', '-c', join(home, 'named.conf')],
      cwd: home,
      stopSignal: 'SIGTERM',
      ready: async () => {
        const [found] = await dig(port, ...at);
        if (found === undefined) throw new Error(`it does not know ${at.join(' ')}`);
      },
    },
    { dataStays: false, cleanUp: () => removeDirectory(home) },
  );
}

function configuration(home: string, port: number, clauses: readonly string[]): string {
  const own = [
    `directory "${home}"`,
    'pid-file none',
    'session-keyfile none',
    'lock-file none',
    `listen-on port ${port} { 127.0.0.1; }`,
    'listen-on-v6 { none; }',
    'dnssec-validation no',
    'empty-zones-enable no',
  ];
  const options = clauses.map((clause) => clause.replace(/^options \{/, `options { ${own.join('; ')};`));
  return `${['controls { };', ...options].join('\n')}\n`;
}

const newKey = (key: string): BindKey => ({
  key,
  algorithm: 'hmac-sha256',
  secret: randomBytes(32).toString('base64'),
});

const keyClause = ({ key, algorithm, secret }: BindKey): string =>
  `key "${key}" { algorithm ${algorithm}; secret "${secret}"; };`;

/** @throws HoldfastError when it does not answer */
async function dig(port: number, name: string, type: string): Promise<string[]> {
  const args = [
    '-r',
    '@127.0.0.1',
    '-p',
    String(port),
    '+short',
    '+tries=1',
    '+time=2',
    '-q',
    name,
    '-t',
    type,
  ];
  const { stdout } = await run({ command: 'dig', args }, { timeout: 10 });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}
