import { isCancellation, uuid4 } from '@temporalio/workflow';
import type { ResolvedKey } from '../policy/resolved.ts';
import type { CanaryFact } from './contract-checks.ts';
import { reasonOf } from './failures.ts';
import { activitiesIn } from './proxies.ts';

const trying = { within: 600, attempts: 3 };

/**
 * Whether a key opens what it encrypts, in each zone that may open it: a worthless text goes there encrypted, and nothing
 * else does.
 */
export async function openCanaries(key: ResolvedKey, from: string, patience: number): Promise<CanaryFact[]> {
  const limits = { ...trying, patience };
  const text = `canary ${uuid4()}`;
  const zones = Object.keys(key.kind === 'gpg' ? key.opens : key.passphrase);
  const answer = (zone: string, outcome: CanaryFact['outcome'], sentence: string): CanaryFact => ({
    key: key.name,
    zone,
    outcome,
    sentence,
  });
  let sealed: string;
  try {
    ({ sealed } = await activitiesIn(from, limits).sealCanary({ key, text }));
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { code, sentence } = reasonOf(error);
    return [answer(from, code === 'bad-key' ? 'no' : 'not-checked', `Nothing can be encrypted: ${sentence}`)];
  }
  return Promise.all(
    zones.map(async (zone) => {
      try {
        const { opened, reason } = await activitiesIn(zone, limits).openCanary({ key, sealed, text });
        return opened
          ? answer(zone, 'yes', `Zone ${zone} opens it.`)
          : answer(zone, 'no', `Zone ${zone} does not open it: ${reason?.sentence ?? 'nobody knows why.'}`);
      } catch (error) {
        if (isCancellation(error)) throw error;
        return answer(
          zone,
          'not-checked',
          `Zone ${zone} could not try to open it: ${reasonOf(error).sentence}`,
        );
      }
    }),
  );
}
