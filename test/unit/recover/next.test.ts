import { expect, it } from '@jest/globals';
import { nextCommand } from '../../../cli/recover/next.ts';
import type { FoundPlace } from '../../../cli/recover/place.ts';
import { planOf, policyOf } from '../../support/plans.ts';
import { runbook } from '../../support/runbooks.ts';

const policy = policyOf([planOf('shop-daily', {})]);
const signed = runbook([], { name: 'site-loss', signatures: { real: 'signed', drill: 'named' } });
const copy: FoundPlace = { kind: 'filesystem', path: '/mnt/my copy' };
const bucket: FoundPlace = {
  ...{ kind: 's3', bucket: 'ge-backups', prefix: 'org', awsRegion: 'nl-ams1' },
  endpoint: 'https://s3.example.org',
  credentials: { env: 'SAFE' },
};
const asked = { trust: ['dr.pub'], zone: [], key: [] };
const next = (
  place: FoundPlace,
  options: Partial<Parameters<typeof nextCommand>[1]> = {},
  runbooks = [signed],
) =>
  nextCommand(
    { place, here: { ...policy, runbooks: Object.fromEntries(runbooks.map((each) => [each.name, each])) } },
    { ...asked, ...options },
  );

it('is what a person types after a look, as a shell takes it', () => {
  expect(next(copy, { zone: ['ams'], key: ["databases=/media/o'b"], signingKey: '/safe/dr' })).toBe(
    "holdfast recover --from '/mnt/my copy' --trust dr.pub --zone ams --key 'databases=/media/o'\\''b' --signing-key /safe/dr --runbook site-loss --as NAME --reason \"WHAT HAPPENED\" --sign-with KEYFILE",
  );
});

it('has the address and the credentials of a bucket, and asks for no key where names are enough', () => {
  const plain = [runbook([], { name: 'a' }), runbook([], { name: 'b' })];
  expect(next(bucket, {}, plain)).toBe(
    'holdfast recover --from s3://ge-backups/org --endpoint https://s3.example.org --region nl-ams1 --credentials SAFE --trust dr.pub --runbook NAME --as NAME --reason "WHAT HAPPENED"',
  );
});

it('says what was looked for', () => {
  expect(next(copy, { disaster: 'fire' })).toContain(' --trust dr.pub --disaster fire --as NAME ');
  expect(next(copy, { runbook: 'b' })).toContain(' --trust dr.pub --runbook b --as NAME ');
});

it('is none without a runbook', () => {
  expect(next(copy, {}, [])).toBeNull();
});
