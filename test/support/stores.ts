import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../../repository/store.ts';
import { openStore } from '../../repository/stores/index.ts';
import { directoryAt } from './repositories.ts';

/** A filesystem repository in a new directory below the given one. */
export async function openTestStore(directory: string, name: string): Promise<Store & { path: string }> {
  const path = join(directory, name);
  await mkdir(path, { mode: 0o700 });
  return openStoreAt(path, name);
}

/** A filesystem repository in a directory that is there. */
export async function openStoreAt(path: string, name: string): Promise<Store & { path: string }> {
  const store = await openStore(directoryAt(path, { name }));
  return Object.assign(store, { path });
}

/** Every file below a repository's directory, also those that its store doesn't list. */
export async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** A store that behaves otherwise in some of its functions. */
export function changed(store: Store, changes: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, property) {
      const value: unknown = Reflect.get(Reflect.has(changes, property) ? changes : target, property);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A store whose uploads first do something of the test's, and then what they always do. */
export function interceptUploads(
  store: Store,
  before: { start?(): Promise<void>; write?(bytesSoFar: number): Promise<void>; finish?(): Promise<void> },
): Store {
  const intercepted =
    (start: Store['startUpload']): Store['startUpload'] =>
    async (key, signal, hint) => {
      await before.start?.();
      const upload = await start(key, signal, hint);
      let bytes = 0;
      return {
        async write(chunk) {
          await before.write?.(bytes);
          bytes += chunk.length;
          await upload.write(chunk);
        },
        async finish() {
          await before.finish?.();
          return upload.finish();
        },
        abort: () => upload.abort(),
      };
    };
  return changed(store, {
    startUpload: intercepted((...asked) => store.startUpload(...asked)),
    startReplacement: intercepted((...asked) => store.startReplacement(...asked)),
  });
}
