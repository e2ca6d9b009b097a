import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { rootCertificates } from 'node:tls';
import { S3Client } from '@aws-sdk/client-s3';
import { HoldfastError } from '../../policy/errors.ts';
import type { S3Repository } from '../../policy/resolved.ts';
import { type Patience, persist } from './retry.ts';
import { CredentialSource } from './s3-credentials.ts';
import { S3Error, s3Error } from './s3-errors.ts';

/** How long an S3 store waits for things. Tests shorten it. */
export type S3Timing = {
  /** Seconds without a byte in either direction after which a request is given up. */
  idle: number;
  /** For parts of an upload: losing one loses the whole dump. */
  uploads: Patience;
  /** For all else. */
  requests: Patience;
};

export const defaultTiming: S3Timing = {
  idle: 60,
  uploads: { seconds: 180, firstPause: 250, longestPause: 15_000 },
  requests: { seconds: 30, firstPause: 250, longestPause: 5000 },
};

const connectSeconds = 10;

export type CallOptions = { signal?: AbortSignal | undefined; patience?: Patience };

/**
 * A client of one bucket, and the one way of asking it anything: attempts are repeated here and not in the SDK,
 * errors become HoldfastErrors, and refused credentials are read again.
 */
export class S3Session {
  readonly repository: S3Repository;
  readonly timing: S3Timing;
  readonly #client: S3Client;
  readonly #credentials: CredentialSource | undefined;
  #requests = 0;

  private constructor(repository: S3Repository, timing: S3Timing, ca: string[] | undefined) {
    this.repository = repository;
    this.timing = timing;
    this.#credentials = repository.credentials && new CredentialSource(repository.credentials);
    this.#client = makeClient(repository, timing, ca, this.#credentials);
  }

  /** @throws HoldfastError `bad-policy` when `caFile` can't be read. */
  static async open(repository: S3Repository, timing: S3Timing): Promise<S3Session> {
    const ca = repository.caFile === undefined ? undefined : await readAuthorities(repository.caFile);
    return new S3Session(repository, timing, ca);
  }

  /** How often the service was asked, attempts that failed among them. */
  get requests(): number {
    return this.#requests;
  }

  /** The whole key of an object, with the repository's prefix. */
  keyOf(key: string): string {
    return this.repository.prefix === '' ? key : `${this.repository.prefix}/${key}`;
  }

  /** The repository's own name of an object found under a whole key. */
  nameOf(wholeKey: string): string {
    return this.repository.prefix === '' ? wholeKey : wholeKey.slice(this.repository.prefix.length + 1);
  }

  /**
   * Asks until it is answered or patience ends. `request` is told which attempt it is, from 1.
   *
   * @throws S3Error, or another HoldfastError (`interrupted`, `bad-key`).
   */
  async call<T>(
    what: string,
    request: (client: S3Client, options: { abortSignal?: AbortSignal }, attempt: number) => Promise<T>,
    { signal, patience = this.timing.requests }: CallOptions = {},
  ): Promise<T> {
    let keysVersion = 0;
    const work = async (attempt: number) => {
      try {
        await this.#credentials?.current();
        keysVersion = this.#credentials?.version ?? 0;
        this.#requests += 1;
        // A derived signal: the SDK leaves listeners, and a caller's signal would gather them.
        return await request(
          this.#client,
          signal === undefined ? {} : { abortSignal: AbortSignal.any([signal]) },
          attempt,
        );
      } catch (error) {
        throw s3Error(error, this.#context(what));
      }
    };
    return persist(work, {
      what,
      patience,
      signal,
      shouldRetry: (error) => this.#shouldRetry(error, keysVersion),
    });
  }

  close(): void {
    this.#client.destroy();
  }

  async #shouldRetry(error: unknown, keysVersion: number): Promise<boolean> {
    if (!(error instanceof S3Error)) return false;
    if (error.remedy !== 'credentials') return error.remedy === 'later';
    const renewed = (await this.#credentials?.renew(keysVersion)) ?? false;
    return renewed || error.code === 'credentials-expired';
  }

  #context(what: string) {
    return {
      repository: this.repository.name,
      bucket: this.repository.bucket,
      what,
      scrub: (text: string) => this.#credentials?.scrub(text) ?? text,
    };
  }
}

function makeClient(
  repository: S3Repository,
  timing: S3Timing,
  ca: string[] | undefined,
  credentials: CredentialSource | undefined,
): S3Client {
  // On Node 20 the SDK warns on stderr that its later versions want 22; ours is pinned, and runs on both.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  return new S3Client({
    region: repository.awsRegion,
    forcePathStyle: repository.pathStyle,
    maxAttempts: 1,
    // Checksums are ours (s3-integrity.ts): those that the SDK adds by itself are refused by many stores.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: connectSeconds * 1000,
      socketTimeout: timing.idle * 1000,
      httpsAgent: new Agent({ keepAlive: true, maxSockets: 50, ...(ca === undefined ? {} : { ca }) }),
    },
    ...(repository.endpoint === undefined ? {} : { endpoint: repository.endpoint }),
    // An expiry of "now" makes the SDK ask us each time; we keep the keys ourselves.
    ...(credentials === undefined
      ? {}
      : { credentials: async () => ({ ...(await credentials.current()), expiration: new Date() }) }),
  });
}

async function readAuthorities(path: string): Promise<string[]> {
  try {
    return [...rootCertificates, await readFile(path, 'utf8')];
  } catch (cause) {
    throw new HoldfastError('bad-policy', `The certificate file ${path} can't be read on this worker.`, {
      hint: 'Put the PEM file of the authority there, or take `caFile` out of the repository.',
      cause,
    });
  }
}
