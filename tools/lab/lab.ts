import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type LoadedPolicy, loadPolicy } from '../../policy/index.ts';
import type { PostgresServer, S3Server } from '../servers/index.ts';
import { type KeyFiles, makeEncryptionKey, makeSigningKey } from './keys.ts';

/** A place to try a policy in: keys, secrets and directories, all below one temporary directory. */
export type Lab = {
  directory: string;
  policyFile: string;
  signing: KeyFiles;
  encryption: KeyFiles;
  /** Directory of a filesystem repository, made when first asked for. */
  repositoryPath(name: string): Promise<string>;
  /** Writes a policy of the lab's defaults with these sections on top, and loads it. */
  usePolicy(sections: Record<string, unknown>): Promise<LoadedPolicy>;
  close(): Promise<void>;
};

/** The environment variables by which the lab's S3 repositories find their credentials. */
export const s3Environment = 'LAB_S3';

export async function openLab(): Promise<Lab> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-lab-'));
  const signing = await makeSigningKey(directory, 'signing');
  const encryption = await makeEncryptionKey(directory, 'backups');
  const policyFile = join(directory, 'holdfast.yaml');
  return {
    directory,
    policyFile,
    signing,
    encryption,
    repositoryPath: async (name) => {
      const path = join(directory, 'repositories', name);
      await mkdir(path, { recursive: true });
      return path;
    },
    usePolicy: async (sections) => {
      // As people write it: an alias makes reading a policy of a thousand plans slow.
      const text = stringify(
        {
          ...defaults(signing, encryption),
          ...sections,
          checks: Object.assign({ ...calm }, sections.checks),
        },
        { aliasDuplicateObjects: false },
      );
      await writeFile(policyFile, text);
      return loadPolicy(policyFile);
    },
    close: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Health is looked at when somebody asks, and not because the clock of the machine strikes five. */
const calm = { health: { schedule: '0 4 1 1 *' } };

function defaults(signing: KeyFiles, encryption: KeyFiles): Record<string, unknown> {
  return {
    version: 1,
    organization: 'Example BV',
    timezone: 'Europe/Amsterdam',
    zones: {
      fra: { region: 'EU', site: 'de-fra1', signingKey: { file: signing.privateFile } },
      ams: { region: 'EU', site: 'nl-ams1' },
    },
    signers: { 'worker-fra': signing.publicFile },
    keys: {
      databases: {
        gpg: { recipients: [encryption.publicFile], opens: { fra: { file: encryption.privateFile } } },
      },
    },
    tiers: { critical: { rpo: '24h', rto: '1h' } },
  };
}

/** A source in the lab's policy, its password in a file. */
export async function labSource(
  lab: Lab,
  server: PostgresServer,
  database: string,
): Promise<Record<string, unknown>> {
  const file = join(lab.directory, `password-${database.replaceAll(/\W/g, '_')}`);
  await writeFile(file, server.password, { mode: 0o600 });
  return {
    kind: 'postgres',
    zone: 'fra',
    host: server.host,
    port: server.port,
    database,
    user: server.superuser,
    password: { file },
  };
}

/** An S3 repository in the lab's policy; its writer's credentials are put into this process's environment. */
export function labBucket(
  server: S3Server,
  bucket: string,
  extra: Record<string, unknown> = {},
): Record<string, unknown> {
  process.env[`${s3Environment}_ACCESS_KEY_ID`] = server.writer.accessKeyId;
  process.env[`${s3Environment}_SECRET_ACCESS_KEY`] = server.writer.secretAccessKey;
  return {
    kind: 's3',
    bucket,
    region: server.region,
    endpoint: server.endpoint,
    zone: 'ams',
    credentials: { env: s3Environment },
    ...extra,
  };
}
