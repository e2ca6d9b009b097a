import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { repositoryMarkerKey } from '../../../repository/layout.ts';
import type { Store } from '../../../repository/store.ts';
import { bytes, upload } from '../../support/store-access.ts';
import type { OpenStore } from './store-under-test.ts';

/** Whether what a service keeps is of the object's bytes; a store without checksums says the same to all. */
export function serviceChecksums(open: OpenStore): void {
  describe("the service's own checksum", () => {
    it.each([0, 10, 8 * 2 ** 20, 3 * 8 * 2 ** 20, 20_000_000])(
      'of an object of %i bytes, where there is one, is theirs and not that of others',
      async (size) => {
        const { store } = await open();
        await store.putIfAbsent(repositoryMarkerKey, bytes('{}'));
        const body = randomBytes(size);
        await upload(store, 'data', body);
        const others = Buffer.concat([body.subarray(1), bytes('x')]);
        const none = store.kind === 'filesystem' ? 'none' : undefined;
        expect(await outcomeWith(store, 'data', body)).toBe(none ?? 'same');
        expect(await outcomeWith(store, 'data', others)).toBe(none ?? 'differs');
      },
    );

    it('of an object that is not there is none', async () => {
      const { store } = await open();
      expect(await store.checksumOf('no/such')).toBeNull();
    });
  });
}

async function outcomeWith(store: Store, key: string, body: Uint8Array): Promise<string> {
  const checksum = await store.checksumOf(key);
  for (let start = 0; start < body.length; start += 70_001)
    checksum?.update(body.subarray(start, start + 70_001));
  const compared = await checksum?.compare(createHash('sha256').update(body).digest('hex'));
  return compared?.outcome ?? 'none';
}
