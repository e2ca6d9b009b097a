import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from './filesystem-errors.ts';
import { identify, type Place } from './filesystem-root.ts';
import { noSuchObject } from './refusals.ts';

const readSize = 256 * 1024;

/** @throws HoldfastError `not-found` */
export async function openFile(place: Place, key: string): Promise<FileHandle> {
  const file = await openIfThere(place, key);
  if (file === null) throw noSuchObject(place.repository, key);
  return file;
}

/** Null only while the root is there: a file that an unmounted disk has not is no file that is missing. */
export async function openIfThere(place: Place, key: string): Promise<FileHandle | null> {
  try {
    return await open(join(place.root, key), 'r');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    await identify(place);
    return null;
  }
}

/** Exactly what is there: many small objects are read in a row, and each call of the system counts. */
export async function readWhole(file: FileHandle, size: number): Promise<Buffer> {
  const body = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(body, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return body.subarray(0, filled);
}

/** The next bytes of a file; null at its end. */
export async function nextChunk(file: FileHandle): Promise<Buffer | null> {
  const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(readSize), 0, readSize);
  return bytesRead === 0 ? null : buffer.subarray(0, bytesRead);
}
