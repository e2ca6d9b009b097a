import type { Activities } from '../activities/types.ts';
import type { ResolvedRepository, SecretRef } from '../policy/resolved.ts';
import type { Evidence } from './contract-evidence.ts';
import { failWith, reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';

export type KeepEvidence = {
  /** Writes and signs the report, on a worker that has the key: `signEvidence`, or an activity that renders it as well. */
  sign(work: Activities, signingKey: SecretRef): Promise<Evidence>;
  /** The private signing key by zone. */
  signingKeys: Record<string, SecretRef>;
  /** Zones that may sign it, the preferred one first. */
  zones: readonly string[];
  /** Where it is kept; each is written by its own zone. */
  repositories: readonly ResolvedRepository[];
};

export type KeptEvidence = {
  evidence: { path: string; sha256: string; stored: string[] } | null;
  /** What could not be done; a report that is kept nowhere is no evidence. */
  exceptions: string[];
};

/** Signs a report and keeps it in every repository that can be written. Never throws: what failed is an exception. */
export async function keepEvidence(input: KeepEvidence): Promise<KeptEvidence> {
  const { sign, signingKeys, zones, repositories } = input;
  const limits = { within: 300, attempts: 4, patience: patient };
  try {
    const zone = zones.find((each) => signingKeys[each] !== undefined);
    const signingKey = zone === undefined ? undefined : signingKeys[zone];
    if (zone === undefined || signingKey === undefined)
      throw failWith({
        code: 'bad-key',
        sentence: `None of the zones ${zones.join(', ')} has a signing key. Set zones.<zone>.signingKey in the policy.`,
      });
    const evidence = await sign(activitiesIn(zone, limits), signingKey);
    const put = await Promise.all(
      repositories.map(async (repository) => {
        try {
          const work = activitiesIn(repository.zone, limits);
          return await work.putEvidence({ repositories: [repository], evidence });
        } catch (error) {
          const { sentence } = reasonOf(error);
          return { stored: [], failed: [{ repository: repository.name, sentence }] };
        }
      }),
    );
    const stored = put.flatMap((each) => each.stored);
    return {
      evidence: { path: evidence.path, sha256: evidence.sha256, stored },
      exceptions: put
        .flatMap(({ failed }) => failed)
        .map(({ repository, sentence }) => `The report could not be kept in ${repository}: ${sentence}`),
    };
  } catch (error) {
    return { evidence: null, exceptions: [`The report could not be signed: ${reasonOf(error).sentence}`] };
  }
}
