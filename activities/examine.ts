import type { ResolvedKey, ResolvedRepository } from '../policy/resolved.ts';
import {
  openRepository,
  openStore,
  opensIn,
  prepareDecryption,
  prepareEncryption,
  sign,
  verifySignature,
} from '../repository/index.ts';
import { driverFor } from '../sources/index.ts';
import type { DoctorFinding, DoctorInput, DoctorResult } from '../workflows/contract-upkeep.ts';
import { reasonOf } from './reason.ts';
import type { Work } from './work.ts';

/** Examines what the work of this zone needs: sources, keys, signing key and repositories. Each fault is a finding. */
export async function examine(work: Work, input: DoctorInput): Promise<DoctorResult> {
  const parts = await Promise.all([
    examineSigning(work, input),
    ...input.sources.map(async (source): Promise<DoctorFinding[]> => {
      const findings = await driverFor(source.kind).doctor(source, work);
      return findings.map(({ check, ok, sentence }) => ({
        subject: `source ${source.name}`,
        check,
        outcome: ok ? 'ok' : 'fault',
        sentence,
      }));
    }),
    ...input.keys.map((key) => examineKey(work, key)),
    ...input.repositories.map((repository) => examineRepository(work, repository)),
  ]);
  return { zone: work.zone, findings: parts.flat() };
}

type Verdict = Pick<DoctorFinding, 'outcome' | 'sentence'>;

async function finding(subject: string, check: string, body: () => Promise<Verdict>): Promise<DoctorFinding> {
  try {
    return { subject, check, ...(await body()) };
  } catch (error) {
    return { subject, check, outcome: 'fault', sentence: reasonOf(error).sentence };
  }
}

/** Signs a word and verifies it against the policy's signers, as a manifest would be. */
async function examineSigning(
  work: Work,
  { signingKey, signers, sources }: DoctorInput,
): Promise<DoctorFinding[]> {
  if (signingKey === null && sources.length === 0) return [];
  const signing = finding('signing key', 'signs', async () => {
    if (signingKey === null)
      return { outcome: 'fault', sentence: `Zone ${work.zone} has sources and no signing key.` };
    const word = Buffer.from('holdfast doctor');
    const signature = await sign(word, await work.secret(signingKey), work);
    const name = await verifySignature(word, signature, signers, work);
    return { outcome: 'ok', sentence: `Signs as ${name}, whom the policy trusts.` };
  });
  return [await signing];
}

async function examineKey(work: Work, key: ResolvedKey): Promise<DoctorFinding[]> {
  const subject = `key ${key.name}`;
  const encrypts = await finding(subject, 'encrypts', async () => {
    const { warnings, close } = await prepareEncryption(key, work);
    await close();
    if (warnings.length > 0) return { outcome: 'warning', sentence: warnings.join(' ') };
    return { outcome: 'ok', sentence: 'Can be encrypted to.' };
  });
  if (!opensIn(key, work.zone)) return [encrypts];
  const opens = await finding(subject, 'opens', async () => {
    await (await prepareDecryption(key, work)).close();
    return { outcome: 'ok', sentence: `Opens in zone ${work.zone}.` };
  });
  return [encrypts, opens];
}

async function examineRepository(work: Work, repository: ResolvedRepository): Promise<DoctorFinding[]> {
  const subject = `repository ${repository.name}`;
  try {
    const store = await openStore(repository);
    try {
      const marked = await finding(subject, 'marked', async () => {
        await openRepository(store, work.signal);
        return { outcome: 'ok', sentence: 'Is a Holdfast repository.' };
      });
      if (marked.outcome === 'fault') return [marked];
      const probed = await store.probe(work.signal);
      return [
        marked,
        ...probed.map(
          ({ check, fault, sentence }): DoctorFinding => ({
            subject,
            check,
            outcome: fault ? 'fault' : 'ok',
            sentence,
          }),
        ),
      ];
    } finally {
      store.close();
    }
  } catch (error) {
    return [{ subject, check: 'reachable', outcome: 'fault', sentence: reasonOf(error).sentence }];
  }
}
