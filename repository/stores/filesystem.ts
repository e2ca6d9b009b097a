import { type FileHandle, open, stat, statfs, unlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { HoldfastError } from '../../policy/errors.ts';
import type { FilesystemRepository } from '../../policy/resolved.ts';
import type { ProbeFinding, PutOutcome, Removal, Store, StoredObject, StoredVersion } from '../store.ts';
import { filesystemError, systemCode } from './filesystem-errors.ts';
import { createPart, dropPart, pruneFolders, publishPart } from './filesystem-files.ts';
import { probeFilesystem } from './filesystem-probe.ts';
import { type ReadFault, SmallFileReader } from './filesystem-reader.ts';
import { removeFiles } from './filesystem-removal.ts';
import { FilesystemUpload } from './filesystem-upload.ts';
import { type Found, factsOf, foldersBelow, walk } from './filesystem-walk.ts';
import { checkFolder, checkKey, checkPrefix } from './keys.ts';
import { readableOf } from './readable.ts';
import { noSuchObject, smallObjectLimit, tooLarge } from './refusals.ts';
import { checkSignal } from './signal.ts';

const readSize = 256 * 1024;

/**
 * Copies as files (0600) in directories (0700). A file gets its name only when it is whole and on the disk. The
 * root directory is never made here: an unmounted disk must not turn into an empty repository.
 */
export class FilesystemStore implements Store {
  readonly kind = 'filesystem';
  readonly name: string;
  readonly #repository: FilesystemRepository;
  readonly #root: string;
  #reader: SmallFileReader | undefined;

  constructor(repository: FilesystemRepository) {
    this.name = repository.name;
    this.#repository = repository;
    this.#root = repository.path;
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<StoredObject> {
    for await (const { key, path } of this.#walk(prefix, signal)) {
      const facts = await factsOf(path).catch((error: unknown) => {
        throw filesystemError(error, this.name, `listing ${key}`);
      });
      if (facts !== null) yield { key, ...facts };
    }
  }

  async *listKeys(prefix: string, signal?: AbortSignal): AsyncGenerator<string> {
    for await (const { key } of this.#walk(prefix, signal)) yield key;
  }

  async *#walk(prefix: string, signal?: AbortSignal): AsyncGenerator<Found> {
    checkPrefix(prefix);
    const what = `listing ${prefix === '' ? this.#root : prefix}`;
    try {
      const before = await this.#identify();
      for await (const found of walk(this.#root, prefix)) {
        checkSignal(signal, what);
        yield found;
      }
      await this.#checkSame(before);
    } catch (error) {
      throw filesystemError(error, this.name, what);
    }
  }

  async listFolders(prefix: string, signal?: AbortSignal): Promise<string[]> {
    checkFolder(prefix);
    return this.#do(`listing ${prefix === '' ? this.#root : prefix}`, signal, async () => {
      const before = await this.#identify();
      const names = await foldersBelow(this.#root, prefix);
      await this.#checkSame(before);
      return names;
    });
  }

  async putIfAbsent(key: string, body: Uint8Array, signal?: AbortSignal): Promise<PutOutcome> {
    checkKey(key);
    return this.#do(`writing ${key}`, signal, async () => {
      await this.#identify();
      if ((await factsOf(join(this.#root, key))) !== null) return 'exists';
      const part = await createPart(this.#root, key);
      try {
        await part.file.writeFile(body);
        await part.file.sync();
        await part.file.close();
        return await publishPart(part);
      } catch (error) {
        await dropPart(part);
        throw error;
      }
    });
  }

  async checkWritable(signal?: AbortSignal): Promise<void> {
    const upload = await this.startUpload('_probe/writable', signal);
    await upload.abort();
  }

  async startUpload(key: string, signal?: AbortSignal): Promise<FilesystemUpload> {
    checkKey(key);
    return this.#do(`writing ${key}`, signal, async () => {
      await this.#identify();
      return FilesystemUpload.start({ root: this.#root, repository: this.name }, key, signal);
    });
  }

  async read(key: string, signal?: AbortSignal): Promise<Readable> {
    checkKey(key);
    return this.#do(`reading ${key}`, signal, async () => {
      const file = await this.#open(key);
      const next = () => this.#do(`reading ${key}`, signal, () => nextChunk(file));
      return readableOf(next, () => file.close());
    });
  }

  async get(key: string, signal?: AbortSignal): Promise<Uint8Array | null> {
    checkKey(key);
    return this.#do(`reading ${key}`, signal, async () => {
      const file = await this.#openIfThere(key);
      if (file === null) return null;
      try {
        const { size } = await file.stat();
        if (size > smallObjectLimit) throw tooLarge(this.name, key);
        return await readWhole(file, size);
      } finally {
        await file.close();
      }
    });
  }

  async getMany(keys: readonly string[], signal?: AbortSignal): Promise<(Uint8Array | null)[]> {
    for (const key of keys) checkKey(key);
    return this.#do(`reading ${keys.length} objects`, signal, async () => {
      this.#reader ??= new SmallFileReader();
      const paths = keys.map((key) => join(this.#root, key));
      const read = await this.#reader.read(paths, smallObjectLimit);
      if ('code' in read) throw this.#readError(read);
      if (read.includes(null)) await this.#identify();
      return read;
    });
  }

  async head(key: string, signal?: AbortSignal): Promise<{ bytes: number } | null> {
    checkKey(key);
    return this.#do(`looking at ${key}`, signal, async () => {
      await this.#identify();
      const facts = await factsOf(join(this.#root, key));
      return facts === null ? null : { bytes: facts.bytes };
    });
  }

  async checksumOf(key: string): Promise<null> {
    checkKey(key);
    return null;
  }

  async remove(key: string, signal?: AbortSignal): Promise<void> {
    checkKey(key);
    return this.#do(`removing ${key}`, signal, async () => {
      await this.#identify();
      await removeFile(join(this.#root, key));
      await pruneFolders(this.#root, key);
    });
  }

  async sweepUnfinished(
    olderThanSeconds: number,
    signal?: AbortSignal,
  ): Promise<{ removed: number; kept: number }> {
    return this.#do('sweeping unfinished files', signal, async () => {
      await this.#identify();
      const counts = { removed: 0, kept: 0 };
      for await (const { key, path } of walk(this.#root, '', true)) {
        checkSignal(signal, 'sweeping unfinished files');
        const facts = await factsOf(path);
        if (facts === null) continue;
        if (Date.now() - facts.modifiedAt.getTime() < olderThanSeconds * 1000) {
          counts.kept += 1;
          continue;
        }
        await removeFile(path);
        await pruneFolders(this.#root, key);
        counts.removed += 1;
      }
      return counts;
    });
  }

  async freeBytes(signal?: AbortSignal): Promise<number> {
    return this.#do('asking for the free space', signal, async () => {
      await this.#identify();
      const facts = await statfs(this.#root);
      return facts.bavail * facts.bsize;
    });
  }

  /** The files themselves: a file system keeps no older ones. */
  async *listVersions(prefix: string, signal?: AbortSignal): AsyncGenerator<StoredVersion> {
    for await (const { key, bytes } of this.list(prefix, signal))
      yield { key, versionId: null, kind: 'object', latest: true, bytes };
  }

  async removeVersions(versions: readonly StoredVersion[], signal?: AbortSignal): Promise<Removal[]> {
    for (const { key } of versions) checkKey(key);
    return this.#do('removing files', signal, async () => {
      await this.#identify();
      return removeFiles({ root: this.#root, repository: this.name }, versions, signal);
    });
  }

  async lockOf(key: string): Promise<null> {
    checkKey(key);
    return null;
  }

  async extendLock(key: string): Promise<'unsupported'> {
    checkKey(key);
    return 'unsupported';
  }

  async setStorageClass(key: string): Promise<'unsupported'> {
    checkKey(key);
    return 'unsupported';
  }

  async isReadable(key: string, signal?: AbortSignal): Promise<true> {
    if ((await this.head(key, signal)) === null) throw noSuchObject(this.name, key);
    return true;
  }

  async thaw(key: string, _days: number, signal?: AbortSignal): Promise<'readable'> {
    await this.isReadable(key, signal);
    return 'readable';
  }

  async probe(signal?: AbortSignal): Promise<ProbeFinding[]> {
    return probeFilesystem(this, this.#repository, signal);
  }

  close(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }

  #readError({ path, code }: ReadFault): HoldfastError {
    const key = relative(this.#root, path);
    if (code === 'too-large') return tooLarge(this.name, key);
    return filesystemError(Object.assign(new Error(code), { code }), this.name, `reading ${key}`);
  }

  async #do<T>(what: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    checkSignal(signal, what);
    try {
      return await work();
    } catch (error) {
      throw filesystemError(error, this.name, what);
    }
  }

  async #open(key: string): Promise<FileHandle> {
    const file = await this.#openIfThere(key);
    if (file === null) throw noSuchObject(this.name, key);
    return file;
  }

  /** Null only while the root is there: a file that an unmounted disk has not is no file that is missing. */
  async #openIfThere(key: string): Promise<FileHandle | null> {
    try {
      return await open(join(this.#root, key), 'r');
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      await this.#identify();
      return null;
    }
  }

  /** Which directory the root is now: its device and inode. */
  async #identify(): Promise<string> {
    const facts = await stat(this.#root).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
      throw new HoldfastError('not-found', `Repository ${this.name}: ${this.#root} does not exist.`, {
        hint: 'Is the disk mounted? Holdfast does not make this directory itself.',
        cause: error,
      });
    });
    if (!facts.isDirectory())
      throw new HoldfastError('not-found', `Repository ${this.name}: ${this.#root} is not a directory.`);
    return `${facts.dev}:${facts.ino}`;
  }

  async #checkSame(before: string): Promise<void> {
    if ((await this.#identify()) === before) return;
    throw new HoldfastError(
      'unreachable',
      `Repository ${this.name}: ${this.#root} was mounted or unmounted.`,
      {
        hint: 'The listing does not count; it is tried again.',
      },
    );
  }
}

async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/** Exactly what is there: many small objects are read in a row, and each call of the system counts. */
async function readWhole(file: FileHandle, size: number): Promise<Buffer> {
  const body = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(body, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return body.subarray(0, filled);
}

async function nextChunk(file: FileHandle): Promise<Buffer | null> {
  const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(readSize), 0, readSize);
  return bytesRead === 0 ? null : buffer.subarray(0, bytesRead);
}
