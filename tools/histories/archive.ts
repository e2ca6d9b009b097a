import { restoreDocumentOf } from '../../activities/copies.ts';
import type { ResolvedPlan, ResolvedRepository } from '../../policy/resolved.ts';
import {
  copyWhole,
  keyOf,
  type Manifest,
  markRepository,
  openStore,
  readManifest,
} from '../../repository/index.ts';
import type { BackupRef } from '../../workflows/contract-verify.ts';
import { type MinistackServer, startMinistack } from '../servers/index.ts';

/** A copy of a backup in a bucket whose archive class really has to be waited for. */
export async function openArchive(
  plan: ResolvedPlan,
  backup: BackupRef,
): Promise<{ repository: ResolvedRepository; close(): Promise<void> }> {
  const server = await startMinistack({ buckets: [{ name: 'archive' }] });
  const repository = repositoryOf(server);
  const [local] = plan.copies;
  if (local === undefined) throw new Error('the plan has no copy');
  const [from, target] = await Promise.all([openStore(local), openStore(repository)]);
  try {
    const { signers, organization } = plan;
    await markRepository(target, { organization });
    const { manifest } = await readManifest(from, backup, signers);
    const restoreDocument = (each: Manifest) => restoreDocumentOf(each, signers);
    const signal = AbortSignal.timeout(60_000);
    await copyWhole({ target, signers, restoreDocument, signal }, from, manifest);
    for (const { name } of manifest.files) await target.setStorageClass(keyOf(backup, name), 'GLACIER');
  } finally {
    from.close();
    target.close();
  }
  return { repository, close: () => server.stop() };
}

function repositoryOf({ endpoint, region, root }: MinistackServer): ResolvedRepository {
  process.env.LAB_ARCHIVE_ACCESS_KEY_ID = root.accessKeyId;
  process.env.LAB_ARCHIVE_SECRET_ACCESS_KEY = root.secretAccessKey;
  return {
    kind: 's3',
    name: 'archive',
    zone: 'fra',
    region: 'EU',
    site: 'de-fra1',
    medium: 'object',
    bucket: 'archive',
    prefix: '',
    awsRegion: region,
    endpoint,
    pathStyle: true,
    checksums: 'when-supported',
    credentials: { env: 'LAB_ARCHIVE' },
  };
}
