import { describe, expect, it } from '@jest/globals';
import { s3Error } from '../../../repository/stores/s3-errors.ts';

const context = {
  repository: 'offsite',
  bucket: 'copies',
  what: 'writing a',
  scrub: (text: string) => text.replaceAll('hunter2', '***'),
};

function thrown(facts: { name?: string; code?: string; message?: string; status?: number }): unknown {
  const { status, ...rest } = facts;
  return Object.assign(new Error(facts.message ?? ''), rest, {
    $metadata: status === undefined ? {} : { httpStatusCode: status, requestId: 'REQ1' },
  });
}

describe('an S3 failure', () => {
  it.each([
    [{ name: 'AccessDenied', status: 403 }, 'access-denied', 'none'],
    [{ name: 'Forbidden', status: 403 }, 'access-denied', 'none'],
    [{ name: 'InvalidAccessKeyId', status: 403 }, 'authentication-failed', 'credentials'],
    [{ name: 'SignatureDoesNotMatch', status: 403 }, 'authentication-failed', 'credentials'],
    [{ name: 'ExpiredToken', status: 400 }, 'credentials-expired', 'credentials'],
    [{ name: 'NoSuchBucket', status: 404 }, 'not-found', 'none'],
    [{ name: 'SlowDown', status: 503 }, 'service-unavailable', 'later'],
    [{ name: 'InternalError', status: 500 }, 'service-unavailable', 'later'],
    [{ name: 'TooManyRequests', status: 429 }, 'service-unavailable', 'later'],
    [{ name: 'QuotaExceeded', status: 403 }, 'disk-full', 'none'],
    [{ name: 'InsufficientStorage', status: 507 }, 'disk-full', 'none'],
    [{ name: 'PermanentRedirect', status: 301 }, 'bad-policy', 'none'],
    [{ name: 'NotImplemented', status: 501 }, 'bad-policy', 'none'],
    [{ name: 'BadDigest', status: 400 }, 'unreachable', 'later'],
    [{ name: 'InvalidObjectState', status: 403 }, 'access-denied', 'none'],
    [{ name: 'TimeoutError', message: 'Connection timed out' }, 'stalled', 'later'],
    [{ name: 'Error', code: 'ECONNREFUSED' }, 'unreachable', 'later'],
    [{ name: 'Error', code: 'ENOTFOUND' }, 'unreachable', 'later'],
    [{ name: 'Error', code: 'ECONNRESET' }, 'unreachable', 'later'],
    [{ name: 'Error', code: 'CERT_HAS_EXPIRED' }, 'unreachable', 'none'],
    [{ name: 'Error', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'unreachable', 'none'],
    [{ name: 'Error', code: 'EPROTO' }, 'unreachable', 'none'],
    [{ name: 'toString', status: 403 }, 'access-denied', 'none'],
    [{ name: 'SyntaxError' }, 'unreachable', 'later'],
  ] as const)('%j is %s, and the remedy is %s', (facts, code, remedy) => {
    expect(s3Error(thrown(facts), context)).toMatchObject({ code, remedy });
  });

  it('says what was done, where, and what the service called it', () => {
    const error = s3Error(thrown({ name: 'NoSuchBucket', status: 404 }), context);
    expect(error.sentence).toMatchInlineSnapshot(
      `"Repository offsite: writing a failed: there is no bucket copies (404, NoSuchBucket, request REQ1). Check the name and the endpoint, or create it; Holdfast never creates a bucket."`,
    );
  });

  it('keeps neither the secret that a service repeats nor the object of the SDK', () => {
    const error = s3Error(thrown({ name: 'Odd', message: 'got hunter2', status: 400 }), context);
    expect(error.message).toMatch(/got \*\*\*/);
    expect(error.cause).toBeUndefined();
  });
});
