import type { ResolvedRepository } from '../policy/resolved.ts';
import { type VerifiedChain, verifyChain, zonesWithChains } from '../repository/audit/index.ts';
import { openRepository, openStore } from '../repository/index.ts';
import type { Store } from '../repository/store.ts';
import type { ChainVerification, VerifyAuditInput, VerifyAuditResult } from '../workflows/contract-audit.ts';
import { isInReach } from './audit.ts';
import { reasonOf } from './reason.ts';
import { withRepository } from './repositories.ts';
import type { Work } from './work.ts';

/** Spans of entries without a signed head beyond so many are not named. */
const spansNamed = 20;

/**
 * Verifies the chain of one zone, or of every zone that has one or ever had: each link, and the signed heads that the
 * audit repository and the witnesses keep. A witness that can't be read is told, and the rest is verified.
 */
export async function verifyAudit(work: Work, input: VerifyAuditInput): Promise<VerifyAuditResult> {
  const { target, zone } = input;
  const near = target.witnesses.filter((witness) => isInReach(witness, work.zone));
  const exceptions = target.witnesses
    .filter((witness) => !near.includes(witness))
    .map(({ name, zone }) => `The heads in ${name} were not compared: it is a directory in zone ${zone}.`);
  return withRepository(target.repository, work.signal, (store) =>
    withWitnesses(work, near, async (witnesses, unreadable) => {
      const zones = zone === undefined ? await zonesWithChains(store, witnesses, work.signal) : [zone];
      const chains: ChainVerification[] = [];
      for (const each of zones) chains.push(await verifyOne(work, input, { store, witnesses, zone: each }));
      return { result: verdict(chains, [...exceptions, ...unreadable]), chains, exceptions, unreadable };
    }),
  );
}

type Unreadable = VerifyAuditResult['unreadable'];

async function withWitnesses<T>(
  work: Work,
  repositories: readonly ResolvedRepository[],
  body: (witnesses: Store[], unreadable: Unreadable) => Promise<T>,
): Promise<T> {
  const witnesses: Store[] = [];
  const unreadable: Unreadable = [];
  try {
    for (const repository of repositories) {
      try {
        const store = await openStore(repository);
        witnesses.push(store);
        await openRepository(store, work.signal);
      } catch (error) {
        if (work.signal.aborted) throw error;
        if (witnesses.at(-1)?.name === repository.name) witnesses.pop()?.close();
        unreadable.push({ repository: repository.name, sentence: reasonOf(error).sentence });
      }
    }
    return await body(witnesses, unreadable);
  } finally {
    for (const store of witnesses) store.close();
  }
}

async function verifyOne(
  work: Work,
  { target, signers }: VerifyAuditInput,
  { store, witnesses, zone }: { store: Store; witnesses: Store[]; zone: string },
): Promise<ChainVerification> {
  const started = Date.now();
  const verified = await verifyChain({
    store,
    chain: { organization: target.organization, zone },
    witnesses,
    signers,
    signal: work.signal,
    onProgress: (entries) =>
      work.report({
        phase: `verifying the audit log of zone ${zone}, ${entries.toLocaleString('en')} entries`,
        bytes: 0,
        bytesPerSecond: 0,
        elapsed: (Date.now() - started) / 1000,
      }),
  });
  const { entries, heads, last, broken } = verified;
  return {
    zone,
    outcome: broken === null ? 'passed' : 'failed',
    entries,
    heads,
    last:
      last?.entry == null ? null : { seq: last.number, hash: last.hash, recordedAt: last.entry.recordedAt },
    broken: broken === null ? null : { kind: broken.kind, seq: broken.number, sentence: broken.sentence },
    exceptions: exceptionsOf(verified),
  };
}

function exceptionsOf({ entries, broken, unvouched, strangers }: VerifiedChain): string[] {
  const spans = unvouched
    .slice(0, spansNamed)
    .map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`));
  const more = unvouched.length > spans.length ? ` and ${unvouched.length - spans.length} other spans` : '';
  return [
    ...(entries === 0 && broken === null ? ['There are no entries.'] : []),
    ...(spans.length === 0
      ? []
      : [
          `No signed head vouches for the entries ${spans.join(', ')}${more}: a writer was killed before it signed, or somebody else wrote them.`,
        ]),
    ...strangers.map((key) => `${key} is no part of the log.`),
  ];
}

function verdict(chains: ChainVerification[], notCompared: unknown[]): VerifyAuditResult['result'] {
  if (chains.some(({ outcome }) => outcome === 'failed')) return 'failed';
  const clean = chains.length > 0 && notCompared.length === 0;
  return clean && chains.every(({ exceptions }) => exceptions.length === 0)
    ? 'passed'
    : 'passed-with-exceptions';
}
