import { readFile } from 'node:fs/promises';
import { HoldfastError } from '../../policy/errors.ts';
import type { S3Credentials } from '../../policy/resolved.ts';
import { placeOf, run } from '../../process/index.ts';

export type AccessKeys = {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
};

/** Keys are read again when they have so little left, in milliseconds. */
const margin = 60_000;

/**
 * Access keys of one repository, read where the policy says and kept in memory until they expire or the service
 * refuses them; then read again, so that keys rotated during an upload are picked up.
 */
export class CredentialSource {
  readonly #ref: S3Credentials;
  #keys: AccessKeys | undefined;
  #version = 0;
  readonly #secrets = new Set<string>();

  constructor(ref: S3Credentials) {
    this.#ref = ref;
  }

  /**
   * The keys to sign with now.
   *
   * @throws HoldfastError `bad-key` when the place holds none.
   */
  async current(): Promise<AccessKeys> {
    const keys = this.#keys;
    if (keys !== undefined && !(keys.expiration && keys.expiration.getTime() - Date.now() < margin))
      return keys;
    return this.#read();
  }

  /** Counts up whenever other keys were read. */
  get version(): number {
    return this.#version;
  }

  /**
   * Reads the keys again after a refusal of those of `usedVersion`; whether there are others now, which another
   * request may have read already. A place that can't be read has no news.
   */
  async renew(usedVersion: number): Promise<boolean> {
    if (this.#version === usedVersion) await this.#read().catch(() => undefined);
    return this.#version !== usedVersion;
  }

  /** Takes every secret that was read here out of a text. */
  scrub(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, '***');
    return clean;
  }

  async #read(): Promise<AccessKeys> {
    const keys = await readKeys(this.#ref);
    this.#secrets.add(keys.secretAccessKey);
    if (keys.sessionToken !== undefined) this.#secrets.add(keys.sessionToken);
    if (JSON.stringify(keys) !== JSON.stringify(this.#keys)) this.#version += 1;
    this.#keys = keys;
    return keys;
  }
}

async function readKeys(ref: S3Credentials): Promise<AccessKeys> {
  if ('env' in ref) return fromEnvironment(ref.env, process.env);
  if ('file' in ref) return parseCredentialsFile(await readText(ref.file), placeOf(ref));
  const [command, ...args] = ref.command;
  if (command === undefined) throw noKeys('an empty command', 'a credential process');
  const { stdout } = await run({ command, args }, { timeout: 30 });
  return parseCredentialProcess(stdout, placeOf(ref));
}

function fromEnvironment(prefix: string, environment: NodeJS.ProcessEnv): AccessKeys {
  const accessKeyId = environment[`${prefix}_ACCESS_KEY_ID`];
  const secretAccessKey = environment[`${prefix}_SECRET_ACCESS_KEY`];
  const sessionToken = environment[`${prefix}_SESSION_TOKEN`];
  if (!accessKeyId || !secretAccessKey)
    throw noKeys('the environment', `${prefix}_ACCESS_KEY_ID and ${prefix}_SECRET_ACCESS_KEY`);
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

/**
 * Reads the `[default]` profile of an AWS credentials file.
 *
 * @throws HoldfastError `bad-key`
 */
export function parseCredentialsFile(content: string, place: string): AccessKeys {
  const values = new Map<string, string>();
  let profile = '';
  for (const line of content.split(/\r?\n/)) {
    const heading = /^\s*\[([^\]]+)\]/.exec(line)?.[1];
    if (heading !== undefined) profile = heading.trim();
    const [, name, value] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (profile === 'default' && name !== undefined && value) values.set(name, value);
  }
  const accessKeyId = values.get('aws_access_key_id');
  const secretAccessKey = values.get('aws_secret_access_key');
  const sessionToken = values.get('aws_session_token');
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw noKeys(place, 'a [default] profile with aws_access_key_id and aws_secret_access_key');
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

/**
 * Reads what a credential process prints (JSON with `Version` 1).
 *
 * @throws HoldfastError `bad-key`
 */
export function parseCredentialProcess(output: string, place: string): AccessKeys {
  const wanted = 'JSON with Version 1, AccessKeyId and SecretAccessKey';
  let document: unknown;
  try {
    document = JSON.parse(output);
  } catch {
    // The parser's message would quote the secret.
    throw noKeys(place, wanted);
  }
  const read = (name: string): string | undefined => {
    const value: unknown =
      typeof document === 'object' && document !== null ? Reflect.get(document, name) : undefined;
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const accessKeyId = read('AccessKeyId');
  const secretAccessKey = read('SecretAccessKey');
  const sessionToken = read('SessionToken');
  const expiration = read('Expiration');
  if (accessKeyId === undefined || secretAccessKey === undefined) throw noKeys(place, wanted);
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined || Number.isNaN(Date.parse(expiration))
      ? {}
      : { expiration: new Date(expiration) }),
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new HoldfastError('bad-key', `The credentials file ${path} can't be read.`, {
      hint: 'It must be readable for the user that runs the worker.',
      cause,
    });
  }
}

function noKeys(place: string, wanted: string): HoldfastError {
  return new HoldfastError('bad-key', `No S3 credentials in ${place}.`, {
    hint: `Holdfast looks there, on the worker, for ${wanted}.`,
  });
}
