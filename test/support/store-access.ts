import { HoldfastError } from '../../policy/errors.ts';
import type { Store, StoredObject, Upload } from '../../repository/store.ts';

/** The code of the HoldfastError that work fails with; 'none' when it does not fail. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    return error instanceof HoldfastError ? error.code : `not a HoldfastError: ${String(error)}`;
  }
}

export const bytes = (content: string): Uint8Array => Buffer.from(content);

export async function readAll(store: Store, key: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await store.read(key)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

export async function writeInPieces(upload: Upload, body: Uint8Array, piece: number): Promise<void> {
  for (let start = 0; start < body.length; start += piece)
    await upload.write(body.subarray(start, start + piece));
}

export async function upload(store: Store, key: string, body: Uint8Array): Promise<void> {
  const started = await store.startUpload(key);
  await writeInPieces(started, body, 2 ** 20);
  await started.finish();
}

export async function keys(store: Store, prefix: string, signal?: AbortSignal): Promise<string[]> {
  return (await objects(store, prefix, signal)).map((object) => object.key);
}

export async function objects(store: Store, prefix: string, signal?: AbortSignal): Promise<StoredObject[]> {
  return store.list(prefix, signal);
}

export async function text(store: Store, key: string): Promise<string> {
  return Buffer.from((await store.get(key)) ?? []).toString();
}

export function same(left: Uint8Array | null, right: Uint8Array | null): boolean {
  return left !== null && right !== null && Buffer.compare(left, right) === 0;
}

export function ordered(wanted: string[]): string[] {
  return [...wanted].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}
