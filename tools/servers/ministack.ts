import { dirname } from 'node:path';
import { removeDirectory, serverDirectory } from './directory.ts';
import { freePort } from './ports.ts';
import { clientFor, createBuckets, newKeys, type S3Keys, type S3Options } from './s3.ts';
import { serverProcess } from './server-process.ts';
import { toolPath } from './toolbox.ts';

const region = 'us-east-1';

export type MinistackServer = {
  endpoint: string;
  region: string;
  /** May do everything. */
  root: S3Keys;
  stop(): Promise<void>;
};

/**
 * Starts ministack, an S3 emulator on 127.0.0.1, for what the real servers can't do: storage classes that refuse to
 * be read until they are thawed (two seconds, whatever the tier) and lifecycle rules, which it keeps and does not carry
 * out. It keeps objects in memory and drops the lock of multipart uploads: nothing else is to be tested on it.
 */
export async function startMinistack(
  options: Pick<S3Options, 'buckets' | 'port'> = {},
): Promise<MinistackServer> {
  const home = await serverDirectory();
  const root = newKeys('root');
  const port = options.port ?? (await freePort());
  const endpoint = `http://127.0.0.1:${port}`;
  const client = clientFor(endpoint, region, root);
  const program = toolPath('ministack');
  const server = serverProcess({
    name: 'ministack',
    command: program,
    args: [],
    env: {
      PYTHONPATH: dirname(dirname(program)),
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      SERVICES: 's3',
      // Listeners of other services, on ports that no flag makes free.
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      AUTH: 'true',
      AWS_ACCESS_KEY_ID: root.accessKeyId,
      AWS_SECRET_ACCESS_KEY: root.secretAccessKey,
      TMPDIR: home,
    },
    cwd: home,
    stopSignal: 'SIGTERM',
    ready: () => createBuckets(client, options.buckets ?? []),
  });
  const close = async () => {
    client.destroy();
    await removeDirectory(home);
  };
  try {
    await server.start();
  } catch (error) {
    await close();
    throw error;
  }
  return { endpoint, region, root, stop: () => server.kill().finally(close) };
}
