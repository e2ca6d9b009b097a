import { formatBytes } from '../policy/units.ts';
import { heal } from '../repository/index.ts';
import type { HealInput, HealResult } from '../workflows/contract-restore-test.ts';
import { restoreDocumentOf } from './copies.ts';
import { withRepository } from './repositories.ts';
import type { Work } from './work.ts';

/** Repairs a copy that was found bad from a good one; what is whole is left alone. */
export async function healCopy(work: Work, { backup, bad, good, signers }: HealInput): Promise<HealResult> {
  return withRepository(good, work.signal, (from) =>
    withRepository(bad, work.signal, async (to) => {
      const { files, bytes, kept } = await heal({
        backup,
        bad: to,
        good: from,
        signers,
        restoreDocument: (manifest) => restoreDocumentOf(manifest, signers),
        signal: work.signal,
        onProgress: (phase, progress) => work.report({ phase, ...progress }),
      });
      return { files, bytes, sentence: sentenceOf(bad.name, good.name, { files, bytes, kept }) };
    }),
  );
}

function sentenceOf(
  bad: string,
  good: string,
  healed: { files: string[]; bytes: number; kept: boolean },
): string {
  const { files, bytes, kept } = healed;
  if (files.length === 0)
    return `The copy in ${bad} was found whole when it was looked at again: nothing was changed.`;
  const older = kept ? ' The bad bytes stay there as an older version until their lock ends.' : '';
  return `The copy in ${bad} was healed from ${good}: ${files.join(', ')} (${formatBytes(bytes)}), read back whole.${older}`;
}
