import { putEvidence, type SignedEvidence, signEvidence } from '../../repository/evidence.ts';
import { sign, signatureNamespace } from '../../repository/signing.ts';
import type { Store } from '../../repository/store.ts';

/** Facts of a restore test as this version signs them, with what the test cares about. */
export const testFacts = {
  kind: 'restore-test' as const,
  subject: 'shop-daily',
  at: '2025-12-06T01:03:12.500Z',
  document: {
    result: 'passed',
    plan: 'shop-daily',
    backup: { source: 'shop', backupId: '20261121T010000Z-1a2b3c4d' },
    verdict: 'proven',
    attempts: [{ repository: 'local', verdict: 'proven', reason: null, checks: [] }],
    rto: { target: 3600, measured: 60 },
    rpo: { target: 86_400, measured: 3600 },
    exceptions: [],
  },
};

/** Signs a report and keeps it in a store. */
export async function keepIn(
  store: Store,
  privateKey: string,
  directory: string,
  facts: Parameters<typeof signEvidence>[0] = testFacts,
): Promise<SignedEvidence> {
  const evidence = await signEvidence(facts, `# ${facts.subject}\n`, privateKey, { directory });
  await putEvidence(store, evidence);
  return evidence;
}

/** A signature of the same bytes for another purpose: as a manifest. */
export const signedAsManifest = (json: string, privateKey: string, directory: string): Promise<string> =>
  sign(Buffer.from(json), privateKey, { directory, namespace: signatureNamespace });
