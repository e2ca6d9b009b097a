import { type ErrorCode, HoldfastError } from '../../policy/errors.ts';

/** Whether the same request may succeed later, or after the credentials were read again. */
export type Remedy = 'none' | 'later' | 'credentials';

/** A refusal or failure of an S3 service. Holds no object of the SDK: those carry session tokens (law 7). */
export class S3Error extends HoldfastError {
  /** The service's own name of the error, such as `PreconditionFailed`, or a system code such as `ECONNRESET`. */
  readonly service: string;
  readonly status: number | null;
  readonly remedy: Remedy;

  constructor(verdict: Verdict, facts: Facts, message: string) {
    super(verdict.code, message, verdict.hint === undefined ? {} : { hint: verdict.hint });
    this.service = facts.name;
    this.status = facts.status;
    this.remedy = verdict.remedy;
  }
}

export type S3Context = {
  repository: string;
  bucket: string;
  /** What was being done: `writing shop/data`. */
  what: string;
  /** Takes known secrets out of a text that the service sent. */
  scrub(text: string): string;
};

type Verdict = { code: ErrorCode; remedy: Remedy; says: string; hint?: string };
type Facts = { name: string; code: string; message: string; status: number | null; requestId: string | null };

/** The one place where what the SDK throws gets its code, its sentence, and whether to try again. */
export function s3Error(thrown: unknown, context: S3Context): HoldfastError {
  if (thrown instanceof HoldfastError) return thrown;
  const facts = factsOf(thrown);
  const verdict = verdictOf(facts, context);
  const answer = [facts.status, facts.name, facts.requestId === null ? null : `request ${facts.requestId}`];
  const detail = context.scrub(answer.filter((part) => part !== null && part !== '').join(', '));
  return new S3Error(
    verdict,
    facts,
    `Repository ${context.repository}: ${context.what} failed: ${verdict.says} (${detail}).`,
  );
}

function verdictOf(facts: Facts, context: S3Context): Verdict {
  return (
    (Object.hasOwn(byName, facts.name) ? byName[facts.name]?.(context) : null) ??
    bySystemCode(facts) ??
    byStatus(facts, context) ?? {
      code: 'unreachable',
      remedy: 'later',
      says: 'something that is not an S3 service answered',
      hint: 'Check the endpoint, and any proxy in between.',
    }
  );
}

const wrongKeys = (): Verdict => ({
  code: 'authentication-failed',
  remedy: 'credentials',
  says: 'the service does not accept the credentials',
  hint: 'Check the access key, the secret and the region where the policy says that they are.',
});
const expired = (): Verdict => ({
  code: 'credentials-expired',
  remedy: 'credentials',
  says: 'the credentials have expired',
  hint: 'Renew them where the policy says that they are; running uploads pick them up.',
});
const denied = ({ bucket }: S3Context): Verdict => ({
  code: 'access-denied',
  remedy: 'none',
  says: `these credentials may not do that in bucket ${bucket}`,
  hint: 'docs/iam/s3-worker-policy.json lists the rights that a worker needs.',
});
const busy = (): Verdict => ({
  code: 'service-unavailable',
  remedy: 'later',
  says: 'the service is not able to do it now',
});
const damaged = (): Verdict => ({
  code: 'unreachable',
  remedy: 'later',
  says: 'the bytes arrived damaged',
  hint: 'Check the network between the worker and the store.',
});
const otherRegion = ({ bucket }: S3Context): Verdict => ({
  code: 'bad-policy',
  remedy: 'none',
  says: `bucket ${bucket} is in another region or at another endpoint`,
  hint: "Set the repository's region and endpoint to the bucket's.",
});
const full = (): Verdict => ({
  code: 'disk-full',
  remedy: 'none',
  says: 'the store is full or its quota is used up',
  hint: 'Make room there or raise the quota.',
});

const byName: Record<string, (context: S3Context) => Verdict> = {
  InvalidAccessKeyId: wrongKeys,
  SignatureDoesNotMatch: wrongKeys,
  InvalidToken: wrongKeys,
  InvalidSecurity: wrongKeys,
  CredentialsProviderError: () => ({
    ...wrongKeys(),
    says: 'no credentials were found',
    hint: 'Set `credentials` of the repository, or give the worker a role.',
  }),
  RequestTimeTooSkewed: () => ({
    ...wrongKeys(),
    remedy: 'later',
    says: "the worker's clock and the service's differ too much",
    hint: "Set the worker's clock (NTP).",
  }),
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  TokenRefreshRequired: expired,
  NoSuchBucket: ({ bucket }) => ({
    code: 'not-found',
    remedy: 'none',
    says: `there is no bucket ${bucket}`,
    hint: 'Check the name and the endpoint, or create it; Holdfast never creates a bucket.',
  }),
  NoSuchUpload: () => ({
    code: 'interrupted',
    remedy: 'none',
    says: 'the unfinished upload is gone: a lifecycle rule or a sweep removed it',
    hint: 'Give unfinished uploads more time than the longest backup takes.',
  }),
  InvalidObjectState: () => ({
    code: 'access-denied',
    remedy: 'none',
    says: 'the object lies in an archive class and can not be read before the service has brought it back',
    hint: '`holdfast restore` asks for that and waits; for anything else use another copy, or ask the service yourself (RestoreObject).',
  }),
  PermanentRedirect: otherRegion,
  AuthorizationHeaderMalformed: otherRegion,
  IllegalLocationConstraintException: otherRegion,
  NotImplemented: () => ({
    code: 'bad-policy',
    remedy: 'none',
    says: 'the service does not have what this needs',
    hint: 'docs/s3-compatible-stores.md says which settings fit which service.',
  }),
  BadDigest: damaged,
  InvalidDigest: damaged,
  XAmzContentSHA256Mismatch: damaged,
  XAmzContentChecksumMismatch: damaged,
  IncompleteBody: damaged,
  RequestTimeout: busy,
  ConditionalRequestConflict: busy,
  OperationAborted: busy,
  QuotaExceeded: full,
  QuotaExceededException: full,
  XMinioStorageFull: full,
  InsufficientStorage: full,
  AccessDenied: denied,
};

const certificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|certificate/;
const broken = /\b(ECONN|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ERR_STREAM_PREMATURE_CLOSE)/;

/** Reads the message as well: the SDK wraps errors that it does not know, and their code is then only there. */
function bySystemCode(facts: Facts): Verdict | null {
  const told = `${facts.code} ${facts.message}`;
  if (facts.status !== null && facts.code === '') return null;
  if (certificate.test(told))
    return {
      code: 'unreachable',
      remedy: 'none',
      says: "the service's TLS certificate is not one that the worker trusts",
      hint: 'Set `caFile` of the repository to the authority that issued it, or renew it.',
    };
  if (/\bEPROTO\b/.test(told))
    return {
      code: 'unreachable',
      remedy: 'none',
      says: 'the service does not speak TLS there',
      hint: 'Check whether the endpoint is http:// or https://, and its port.',
    };
  if (broken.test(told) || /establish/.test(told))
    return {
      code: 'unreachable',
      remedy: 'later',
      says: 'there is no connection to the service',
      hint: 'Check the endpoint, DNS, and the firewall.',
    };
  if (facts.name === 'TimeoutError' || /\bE(SOCKET)?TIMEDOUT\b/.test(told))
    return { code: 'stalled', remedy: 'later', says: 'the service stopped answering' };
  return null;
}

function byStatus(facts: Facts, context: S3Context): Verdict | null {
  const { status } = facts;
  if (status === null) return null;
  if (status === 507) return full();
  if (status === 501) return byName.NotImplemented?.(context) ?? null;
  if (status >= 500 || status === 429 || status === 408) return busy();
  if (status === 401 || status === 403) return denied(context);
  if (status === 404) return { code: 'not-found', remedy: 'none', says: 'there is no such object or bucket' };
  if (status === 412) return { code: 'already-exists', remedy: 'none', says: 'the object exists already' };
  if (status >= 300 && status < 400) return otherRegion(context);
  return {
    code: 'bad-policy',
    remedy: 'none',
    says: `the service refused the request: ${context.scrub(facts.message.slice(0, 200))}`,
    hint: 'docs/s3-compatible-stores.md says which settings fit which service.',
  };
}

/** Reads by shape and not by class: what the runtime throws may come from another realm. */
function factsOf(thrown: unknown): Facts {
  const metadata = field(thrown, '$metadata');
  const status = field(metadata, 'httpStatusCode');
  const requestId = field(metadata, 'requestId');
  return {
    name: text(field(thrown, 'name')),
    code: text(field(thrown, 'code')) || text(field(thrown, 'Code')),
    message: text(field(thrown, 'message')),
    status: typeof status === 'number' ? status : null,
    requestId: typeof requestId === 'string' ? requestId : null,
  };
}

function field(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
