import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { keyOf } from '../../repository/index.ts';
import { type MinistackServer, startMinistack } from '../../tools/servers/index.ts';
import { applyKept, previewAndRun } from '../support/kept-plan.ts';
import { idsOfDays, makePast, pastIn, withStores } from '../support/past.ts';
import { openStage, type Stage } from '../support/stage.ts';

let stage: Stage;
let s3: MinistackServer;

beforeAll(async () => {
  [stage, s3] = await Promise.all([openStage(['fra']), startMinistack({ buckets: [{ name: 'offsite' }] })]);
  process.env.LAB_CLASS_ACCESS_KEY_ID = s3.root.accessKeyId;
  process.env.LAB_CLASS_SECRET_ACCESS_KEY = s3.root.secretAccessKey;
});

afterAll(async () => {
  await stage?.close();
  await s3?.stop();
});

it("retention moves the data of a promoted copy to its tier's storage class, and nothing else", async () => {
  const plan = await applyKept(stage, {
    repositories: {
      offsite: {
        kind: 's3',
        bucket: 'offsite',
        region: s3.region,
        endpoint: s3.endpoint,
        zone: 'fra',
        credentials: { env: 'LAB_CLASS' },
      },
    },
    copies: ['offsite'],
    rules: { daily: '3d', weekly: '4w', storage: { weekly: { storageClass: 'STANDARD_IA' } } },
  });
  const [offsite] = plan.copies;
  if (offsite === undefined) throw new Error('the copy is gone');
  await makePast(stage.lab, plan.copies, idsOfDays(9, 0));
  const { preview, done } = await previewAndRun(stage, plan);
  const { promote, expire } = preview.counts;
  expect(done).toMatchObject({ result: 'passed', promoted: promote, expired: expire });
  const found = await pastIn(offsite);
  await withStores([offsite], async (store) => {
    for (const [backupId, files] of found) {
      const promoted = files.some((name) => name.startsWith('keep.weekly.'));
      for (const file of files) {
        const key = keyOf({ source: 'shop', backupId }, file);
        const moves = promoted && file.startsWith('data-');
        const asked = moves ? 'STANDARD_IA' : 'STANDARD';
        expect([file, await store.setStorageClass(key, asked)]).toEqual([file, 'already']);
      }
    }
  });
});
