import { dirname } from 'node:path';
import { createBuckets, type S3Options, type S3Server, startS3 } from './s3.ts';
import { toolPath } from './toolbox.ts';

/** It checks who asks by the key's id alone, and knows root only. */
export type MinistackServer = Omit<S3Server, 'writer' | 'kill' | 'restart'>;

/**
 * Starts ministack, an S3 emulator on 127.0.0.1, for what the real servers can't do: storage classes that refuse to
 * be read until they are thawed (two seconds, whatever the tier) and lifecycle rules, which it keeps and does not carry
 * out. Its objects are in memory, and it drops the lock of multipart uploads: test nothing else on it.
 */
export function startMinistack(options: Omit<S3Options, 'directory'> = {}): Promise<MinistackServer> {
  const program = toolPath('ministack');
  return startS3(options, async ({ home, port, root, client }) => ({
    name: 'ministack',
    command: program,
    args: [],
    env: {
      PYTHONPATH: dirname(dirname(program)),
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      SERVICES: 's3',
      // Listeners of other services, on ports that are the same for every instance.
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      AUTH: 'true',
      AWS_ACCESS_KEY_ID: root.accessKeyId,
      AWS_SECRET_ACCESS_KEY: root.secretAccessKey,
      TMPDIR: home,
    },
    ready: () => createBuckets(client, options.buckets ?? []),
  }));
}
