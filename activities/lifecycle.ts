import { HoldfastError } from '../policy/errors.ts';
import { lifecycleFor, ruleText } from '../repository/lifecycle.ts';
import { checkLifecycle } from '../repository/lifecycle-check.ts';
import { withDeleteCredentials } from '../repository/removal.ts';
import { S3Lifecycle } from '../repository/stores/s3-lifecycle.ts';
import type { LifecycleInput, LifecycleResult } from '../workflows/contract-lifecycle.ts';
import { withRepository } from './repositories.ts';
import type { Work } from './work.ts';

/**
 * Looks at the lifecycle rules of a bucket, and writes Holdfast's own where that is asked for: with the credentials that
 * may delete, since whoever writes such a rule can have everything deleted.
 *
 * @throws HoldfastError `bad-policy` where there is no bucket, or its service has no such rules
 */
export async function tendLifecycle(
  work: Work,
  { repository, kept, expire, write }: LifecycleInput,
): Promise<LifecycleResult> {
  if (repository.kind !== 's3')
    throw new HoldfastError(
      'bad-policy',
      `Repository ${repository.name} is no bucket: it has no lifecycle rules.`,
      {
        hint: 'Retention moves and removes its copies.',
      },
    );
  await withRepository(repository, work.signal, async () => undefined);
  const deleting = withDeleteCredentials(repository);
  const lifecycle = await S3Lifecycle.open(deleting.kind === 's3' ? deleting : repository);
  try {
    const wanted = { prefix: repository.prefix, kept, expire };
    const own = lifecycleFor(wanted);
    const options = { signal: work.signal };
    if (write) await lifecycle.write(own, options);
    const present = await lifecycle.read(options);
    return {
      repository: repository.name,
      written: write,
      rules: own.map(ruleText),
      present: present.map(ruleText),
      findings: checkLifecycle(present, wanted),
    };
  } finally {
    lifecycle.close();
  }
}
