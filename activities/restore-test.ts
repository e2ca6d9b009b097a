import { Context } from '@temporalio/activity';
import { HoldfastError, isPermanent } from '../policy/errors.ts';
import { verifyFiles } from '../repository/index.ts';
import type { Manifest } from '../repository/manifest.ts';
import type { Store } from '../repository/store.ts';
import type { Reason } from '../workflows/contract.ts';
import type { ProofCheck, TestAttempt, TestCopyInput } from '../workflows/contract-restore-test.ts';
import { testAttempts } from '../workflows/contract-restore-test.ts';
import { verdictOfChecks, verdictOfReason } from '../workflows/restore-test-verdict.ts';
import { placeOn } from './on-server.ts';
import { whileReading } from './reading-marker.ts';
import { reasonOf } from './reason.ts';
import { lookAtDocument } from './restore-document.ts';
import { type Opened, withScratch } from './restored.ts';
import { scratchFault } from './scratch-fault.ts';
import { smokeCommand } from './smoke-command.ts';
import type { Work } from './work.ts';

/** Seconds for one smoke query. */
const smokeSeconds = 300;

/**
 * Restores one copy into a scratch place, makes every check that the policy asks for, and destroys the place (law 13).
 * What became of it is an attempt with a verdict; it throws only what another attempt may mend, and on cancellation.
 */
export async function testCopy(work: Work, input: TestCopyInput): Promise<TestAttempt> {
  const startedAt = Date.now();
  const blank = blankAttempt(input, startedAt);
  const seen: { attempt?: TestAttempt } = {};
  const { value, warnings } = await whileReading(work, input.repository, input.backup, 0, async () => {
    try {
      const body = async (opened: Opened) => {
        seen.attempt = await attemptIn(work, input, opened, blank, startedAt);
      };
      await withScratch(work, input, body, placeOn(input.test.server));
      return seen.attempt ?? blank;
    } catch (error) {
      if (work.signal.aborted) throw error;
      // The checks were made, and the place is still there.
      if (seen.attempt !== undefined) return withLeftPlace(seen.attempt, reasonOf(error));
      return unproven(blank, scratchFault(error), startedAt);
    }
  });
  return { ...value, warnings: [...value.warnings, ...warnings] };
}

function blankAttempt({ repository }: TestCopyInput, startedAt: number): TestAttempt {
  const at = new Date(startedAt).toISOString();
  return {
    repository: repository.name,
    verdict: 'untested',
    reason: null,
    signedBy: null,
    startedAt: at,
    endedAt: at,
    restoreSeconds: null,
    totalSeconds: 0,
    bytes: 0,
    tables: null,
    rows: null,
    checks: [],
    warnings: [],
    scratchGone: true,
    dataTime: null,
    newestRow: null,
  };
}

/** What is done while the scratch place is there. */
async function attemptIn(
  work: Work,
  input: TestCopyInput,
  opened: Opened,
  blank: TestAttempt,
  startedAt: number,
): Promise<TestAttempt> {
  const { manifest, signedBy, store } = opened;
  const known: TestAttempt = {
    ...blank,
    signedBy,
    dataTime: manifest.dataTime,
    tables: manifest.fingerprint?.tables ?? null,
    rows: manifest.fingerprint?.rows ?? null,
  };
  try {
    Object.assign(known, await lookAtDocument(work, store, manifest, input.signers));
    const restored = await opened.restore({ jobs: input.test.jobs });
    const restoreSeconds = (Date.now() - startedAt) / 1000;
    const proved = await restored.scratch.prove({
      fingerprint: await restored.fingerprint(),
      smoke: input.test.smoke,
      timeout: smokeSeconds,
      ...(input.recent === undefined
        ? {}
        : {
            freshness: {
              ...input.recent,
              timezone: input.timezone,
              dataTime: manifest.dataTime,
              within: input.rpo,
            },
          }),
    });
    const checks: ProofCheck[] = [...proved.checks, ...(await commandCheck(work, input, opened))];
    return {
      ...ended(known, startedAt),
      ...verdictOfChecks(checks),
      restoreSeconds,
      bytes: restored.bytes,
      checks,
      warnings: [...restored.facts.warnings, ...(restored.facts.leftOut ?? []), ...proved.warnings],
      newestRow: proved.newestRow,
    };
  } catch (error) {
    if (work.signal.aborted) throw error;
    const fault = scratchFault(error);
    return unproven(known, (await damageOf(store, manifest, fault, work)) ?? fault, startedAt);
  }
}

/** The user's own check, against the scratch database. */
async function commandCheck(work: Work, { test }: TestCopyInput, { scratch }: Opened): Promise<ProofCheck[]> {
  if (test.command === undefined) return [];
  work.report({ phase: 'running the smoke command', bytes: 0, bytesPerSecond: 0, elapsed: 0 });
  return [await smokeCommand(work, test.command, await scratch.environment())];
}

/**
 * A restore may fail because the copy is damaged before the damage itself is found, at the end of the file: then the
 * copy is to blame, and not what was backed up.
 */
async function damageOf(
  store: Store,
  manifest: Manifest,
  fault: HoldfastError,
  work: Work,
): Promise<HoldfastError | null> {
  if (fault.code !== 'mismatch' && fault.code !== 'process-failed') return null;
  try {
    await verifyFiles(store, manifest, {
      signal: work.signal,
      onProgress: (progress) => work.report({ phase: `reading ${store.name} once more`, ...progress }),
    });
    return null;
  } catch (error) {
    if (work.signal.aborted) throw error;
    return error instanceof HoldfastError && error.code === 'corrupt-copy' ? error : null;
  }
}

/** An attempt that proved nothing, and why. @throws HoldfastError what may pass, while there are attempts left */
function unproven(attempt: TestAttempt, fault: HoldfastError, startedAt: number): TestAttempt {
  const mayPass = !isPermanent(fault.code) && fault.code !== 'disk-full';
  if (mayPass && Context.current().info.attempt < testAttempts) throw fault;
  const reason = reasonOf(fault);
  return { ...ended(attempt, startedAt), verdict: verdictOfReason(reason), reason };
}

function ended(attempt: TestAttempt, startedAt: number): TestAttempt {
  const now = Date.now();
  return { ...attempt, endedAt: new Date(now).toISOString(), totalSeconds: (now - startedAt) / 1000 };
}

function withLeftPlace(attempt: TestAttempt, { sentence }: Reason): TestAttempt {
  return { ...attempt, scratchGone: false, warnings: [...attempt.warnings, sentence] };
}
