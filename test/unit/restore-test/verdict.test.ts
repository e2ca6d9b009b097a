import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '../../../policy/errors.ts';
import type { ProofCheck, TestAttempt, Verdict } from '../../../workflows/contract-restore-test.ts';
import { meetingPlace } from '../../../workflows/restore-test-heal.ts';
import { observationsOf } from '../../../workflows/restore-test-tell.ts';
import {
  asksAnotherCopy,
  exceptionsOf,
  markedResult,
  mayAnotherCopyDo,
  missedTargets,
  outcomeOf,
  verdictOfAttempts,
  verdictOfChecks,
  verdictOfReason,
} from '../../../workflows/restore-test-verdict.ts';
import { attemptOf } from '../../support/attempts.ts';
import { bucketNamed, directoryAt } from '../../support/repositories.ts';

const check = (kind: ProofCheck['check'], outcome: ProofCheck['outcome']): ProofCheck => ({
  check: kind,
  outcome,
  sentence: `${kind} ${outcome}.`,
});

const failing = (repository: string, verdict: Verdict, code: ErrorCode): TestAttempt =>
  attemptOf(repository, { verdict, reason: { code, sentence: `Because ${code}.` } });

describe('the verdict', () => {
  it.each(['corrupt-copy', 'untrusted-signature', 'mismatch'] as const)(
    'of %s is that it is disproven',
    (code) => {
      expect(verdictOfReason({ code, sentence: '' })).toBe('disproven');
    },
  );

  it.each([
    'tool-missing',
    'version-mismatch',
    'disk-full',
    'bad-key',
    'access-denied',
    'unreachable',
    'stalled',
    'interrupted',
    'process-failed',
    'not-a-repository',
  ] as const)('of %s is that nobody knows: no false alarm', (code) => {
    expect(verdictOfReason({ code, sentence: '' })).toBe('untested');
  });

  it('of checks is proven, disproven by one that failed, untested by one of the user’s that was not made', () => {
    expect(verdictOfChecks([check('rows', 'passed')])).toEqual({ verdict: 'proven', reason: null });
    expect(verdictOfChecks([check('rows', 'failed'), check('command', 'not-checked')])).toEqual({
      verdict: 'disproven',
      reason: { code: 'mismatch', sentence: 'rows failed.' },
    });
    for (const kind of ['smoke', 'command'] as const)
      expect(verdictOfChecks([check('rows', 'passed'), check(kind, 'not-checked')])).toMatchObject({
        verdict: 'untested',
        reason: { sentence: `${kind} not-checked.` },
      });
    expect(verdictOfChecks([check('rows', 'not-checked')]).verdict).toBe('proven');
  });

  it('of several copies is proven by one', () => {
    const bad = failing('a', 'disproven', 'corrupt-copy');
    const away = failing('b', 'untested', 'unreachable');
    expect(verdictOfAttempts([bad, attemptOf('c')])).toBe('proven');
    expect(verdictOfAttempts([bad, away])).toBe('disproven');
    expect(verdictOfAttempts([away])).toBe('untested');
    expect(verdictOfAttempts([])).toBe('untested');
  });

  it('becomes a result that is no pass unless it is proven (law 11)', () => {
    expect(outcomeOf('proven', [])).toBe('passed');
    expect(outcomeOf('proven', ['x'])).toBe('passed-with-exceptions');
    expect(outcomeOf('disproven', [])).toBe('failed');
    expect(outcomeOf('untested', [])).toBe('aborted');
  });
});

describe('another copy', () => {
  it('is asked when this one is bad or out of reach, and not when this host or the data is at fault', () => {
    for (const code of ['corrupt-copy', 'untrusted-signature'] as const)
      expect(asksAnotherCopy(failing('a', 'disproven', code))).toBe(true);
    expect(asksAnotherCopy(failing('a', 'disproven', 'mismatch'))).toBe(false);
    for (const code of ['unreachable', 'access-denied', 'not-a-repository', 'not-found'] as const)
      expect(asksAnotherCopy(failing('a', 'untested', code))).toBe(true);
    for (const code of ['tool-missing', 'disk-full', 'bad-key', 'version-mismatch'] as const)
      expect(asksAnotherCopy(failing('a', 'untested', code))).toBe(false);
    expect(asksAnotherCopy(attemptOf('a'))).toBe(false);
  });

  it('may do what this one did not, also where its repository is away; not where a rule or the data forbids it', () => {
    const able = (code: ErrorCode) => mayAnotherCopyDo({ code, sentence: '' });
    const others = ['corrupt-copy', 'not-found', 'unreachable', 'not-a-repository', 'stalled'] as const;
    expect(others.filter(able)).toEqual(others);
    expect((['mismatch', 'refused', 'bad-policy', 'disk-full', 'process-failed'] as const).some(able)).toBe(
      false,
    );
  });
});

describe('the targets of a tier', () => {
  const missed = (rto: number | null, rpo: number | null) =>
    missedTargets({ rto: { target: 60, measured: rto }, rpo: { target: 3600, measured: rpo } });

  it('are missed by more than they allow, each with both numbers', () => {
    expect(missed(61.4, 3601)).toEqual([
      'The RTO of 60 s is missed: the restore and its checks took 61 s.',
      'The RPO of 3600 s is missed: the longest time between two backups was 3601 s.',
    ]);
    expect(missed(60, 3600)).toEqual([]);
  });

  it('are not missed where nothing was measured, or none is set', () => {
    expect(missed(null, null)).toEqual([]);
    const none = { target: null, measured: 9e9 };
    expect(missedTargets({ rto: none, rpo: none })).toEqual([]);
  });
});

describe('the marker', () => {
  it('tells what is known of the copy, and nothing where nothing is', () => {
    expect(markedResult(attemptOf('a', { checks: [check('rows', 'passed')] }))).toBe('passed');
    expect(markedResult(attemptOf('a', { checks: [check('rows', 'not-checked')] }))).toBe(
      'passed-with-exceptions',
    );
    expect(markedResult(failing('a', 'disproven', 'mismatch'))).toBe('failed');
    expect(markedResult(failing('a', 'untested', 'disk-full'))).toBeNull();
  });
});

describe('the exceptions of an attempt', () => {
  it('say what is wrong with the copy, what was not checked, and a scratch place that stayed', () => {
    expect(exceptionsOf(attemptOf('a'))).toEqual([]);
    expect(exceptionsOf(failing('a', 'disproven', 'corrupt-copy'))).toEqual([
      'The copy in a is not good: Because corrupt-copy.',
    ]);
    expect(exceptionsOf(failing('a', 'untested', 'disk-full'))).toEqual([
      'The copy in a could not be tested, because: Because disk-full.',
    ]);
    const left = attemptOf('a', {
      checks: [check('freshness', 'not-checked')],
      warnings: ['w'],
      scratchGone: false,
    });
    expect(exceptionsOf(left)).toEqual(['freshness not-checked.', expect.stringMatching(/scratch place/)]);
  });
});

describe('what is told', () => {
  const told = (attempts: TestAttempt[], healed: Parameters<typeof observationsOf>[2] = []) =>
    observationsOf('shop', { attempts, exceptions: [] }, healed).map(({ observer, findings }) => [
      observer,
      findings.map(({ kind, severity, subject }) => `${severity} ${kind} ${subject}`),
    ]);

  it('is nothing wrong when the backup is proven, which cures', () => {
    expect(told([attemptOf('near')])).toEqual([
      ['restore-test/shop/near', []],
      ['restore-test/shop/possible', []],
      ['restore-test/shop', []],
    ]);
  });

  it('is a bad copy at once, and its cure once it is healed', () => {
    const attempts = [failing('near', 'disproven', 'corrupt-copy'), attemptOf('far')];
    expect(told(attempts)[0]).toEqual(['restore-test/shop/near', ['critical copy-corrupt near/shop']]);
    const healing = { repository: 'near', from: 'far', sentence: '' };
    expect(told(attempts, [{ ...healing, outcome: 'failed' }])[0]?.[1]).toHaveLength(1);
    expect(told(attempts, [{ ...healing, outcome: 'healed' }])[0]?.[1]).toEqual([]);
  });

  it('is a failed test when the backup is disproven', () => {
    expect(told([failing('near', 'disproven', 'mismatch')])).toContainEqual([
      'restore-test/shop',
      ['critical test-failed shop'],
    ]);
  });

  it('is a warning when it could not be tested, which neither opens nor cures what an earlier test found', () => {
    expect(told([failing('near', 'untested', 'disk-full')])).toEqual([
      ['restore-test/shop/possible', ['warning test-impossible shop']],
    ]);
    expect(told([])).toEqual([['restore-test/shop/possible', ['warning test-impossible shop']]]);
  });
});

describe('the zone that heals', () => {
  const fra = directoryAt('/backups', { zone: 'fra' });
  const other = directoryAt('/more', { zone: 'fra' });
  const ams = directoryAt('/backups', { zone: 'ams' });
  const bucket = bucketNamed('copies', { zone: 'ams' });

  it('reaches both: a bucket from everywhere, a directory from its own zone alone', () => {
    expect(meetingPlace(fra, other)).toBe('fra');
    expect(meetingPlace(fra, bucket)).toBe('fra');
    expect(meetingPlace(bucket, fra)).toBe('fra');
    expect(meetingPlace(ams, bucket)).toBe('ams');
    expect(meetingPlace(fra, ams)).toBeNull();
  });
});
