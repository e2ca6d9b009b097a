/**
 * The closed set of what can go wrong, shared by workflows, activities and the command line.
 *
 * A permanent code fails at once: trying again cannot help before a person acts.
 * A transient code is retried with backoff.
 */
const permanent = [
  'bad-policy',
  'bad-usage',
  'bad-key',
  'access-denied',
  'authentication-failed',
  'not-found',
  'not-a-repository',
  'tool-missing',
  'version-mismatch',
  'untrusted-signature',
  'corrupt-copy',
  'mismatch',
  'already-exists',
  /** A rule of Holdfast or of the policy forbids it. */
  'refused',
] as const;

const transient = [
  'unreachable',
  'service-unavailable',
  'credentials-expired',
  'disk-full',
  'process-failed',
  'stalled',
  'interrupted',
  'schema-changed',
] as const;

export type PermanentCode = (typeof permanent)[number];
export type TransientCode = (typeof transient)[number];
export type ErrorCode = PermanentCode | TransientCode;

export const permanentCodes: readonly PermanentCode[] = permanent;

const known: ReadonlySet<string> = new Set<string>([...permanent, ...transient]);
const final: ReadonlySet<string> = new Set<string>(permanent);

export function isErrorCode(text: string): text is ErrorCode {
  return known.has(text);
}

/** Whether a person must act before another attempt can succeed. */
export function isPermanent(code: ErrorCode): boolean {
  return final.has(code);
}

/**
 * The one error that Holdfast shows to people: a sentence that says what is wrong, and a hint that says what to do.
 * Neither ever holds a secret or a full command line (law 7).
 */
export class HoldfastError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HoldfastError';
    this.code = code;
    this.hint = options.hint;
  }

  /** The message and, where there is one, what to do about it. */
  get sentence(): string {
    return this.hint === undefined ? this.message : `${this.message} ${this.hint}`;
  }
}

/** The sentence of a Holdfast error, else the message of any other thrown value. */
export function sentenceOf(error: unknown): string {
  if (error instanceof HoldfastError) return error.sentence;
  return error instanceof Error ? error.message : String(error);
}
