import type { Store } from './store.ts';

/** Writes bytes in the place of what a key holds: healing alone does that. Nothing is changed where it fails. */
export async function replaceWith(
  store: Store,
  key: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  hint: { expectedBytes: number; record?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const upload = await store.startReplacement(key, signal, hint);
  try {
    for await (const chunk of chunks) await upload.write(chunk);
    await upload.finish();
  } catch (error) {
    await upload.abort();
    throw error;
  }
}
