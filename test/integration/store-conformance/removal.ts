import { expect, it } from '@jest/globals';
import { bytes, keys } from '../../support/store-access.ts';
import type { OpenStore } from './store-under-test.ts';

/** Removing what is debris. */
export function removal(open: OpenStore): void {
  it('removes an object, and does not mind when it has gone', async () => {
    const { store } = await open();
    await store.putIfAbsent('debris/old', bytes('x'));
    await store.remove('debris/old');
    await store.remove('debris/old');
    expect(await store.head('debris/old')).toBeNull();
    expect(await keys(store, '')).toEqual([]);
  });
}
