import { statfs } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import type { HoldfastError } from '../../policy/errors.ts';
import type { FilesystemRepository } from '../../policy/resolved.ts';
import type { ProbeFinding, PutOutcome, Removal, Store, StoredObject, StoredVersion } from '../store.ts';
import { filesystemError } from './filesystem-errors.ts';
import { createPart, dropPart, publishPart, replacePart } from './filesystem-files.ts';
import { probeFilesystem } from './filesystem-probe.ts';
import { type ReadFault, SmallFileReader } from './filesystem-reader.ts';
import { nextChunk, openFile, openIfThere, readWhole } from './filesystem-reading.ts';
import { removeFile, removeFiles, sweepParts } from './filesystem-removal.ts';
import { checkSame, identify, type Place } from './filesystem-root.ts';
import { FilesystemUpload } from './filesystem-upload.ts';
import { type Found, factsOf, foldersBelow, walk } from './filesystem-walk.ts';
import { checkFolder, checkKey, checkPrefix } from './keys.ts';
import { readableOf } from './readable.ts';
import { noSuchObject, smallObjectLimit, tooLarge } from './refusals.ts';
import { checkSignal } from './signal.ts';

/**
 * Copies as files (0600) in directories (0700). A file gets its name only when it is whole and on the disk. The
 * root directory is never made here: an unmounted disk must not turn into an empty repository.
 */
export class FilesystemStore implements Store {
  readonly kind = 'filesystem';
  readonly requests = 0;
  readonly name: string;
  readonly #repository: FilesystemRepository;
  readonly #root: string;
  readonly #place: Place;
  #reader: SmallFileReader | undefined;

  constructor(repository: FilesystemRepository) {
    this.name = repository.name;
    this.#repository = repository;
    this.#root = repository.path;
    this.#place = { root: repository.path, repository: repository.name };
  }

  async list(prefix: string, signal?: AbortSignal): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    for await (const { key, path } of this.#walk(prefix, signal)) {
      const facts = await factsOf(path).catch((error: unknown) => {
        throw filesystemError(error, this.name, `listing ${key}`);
      });
      if (facts !== null) found.push({ key, ...facts });
    }
    return found;
  }

  async *listKeys(prefix: string, signal?: AbortSignal): AsyncGenerator<string> {
    for await (const { key } of this.#walk(prefix, signal)) yield key;
  }

  async *#walk(prefix: string, signal?: AbortSignal): AsyncGenerator<Found> {
    checkPrefix(prefix);
    const what = `listing ${prefix === '' ? this.#root : prefix}`;
    try {
      const before = await identify(this.#place);
      for await (const found of walk(this.#root, prefix)) {
        checkSignal(signal, what);
        yield found;
      }
      await checkSame(this.#place, before);
    } catch (error) {
      throw filesystemError(error, this.name, what);
    }
  }

  async listFolders(prefix: string, signal?: AbortSignal): Promise<string[]> {
    checkFolder(prefix);
    return this.#do(`listing ${prefix === '' ? this.#root : prefix}`, signal, async () => {
      const before = await identify(this.#place);
      const names = await foldersBelow(this.#root, prefix);
      await checkSame(this.#place, before);
      return names;
    });
  }

  async putIfAbsent(key: string, body: Uint8Array, signal?: AbortSignal): Promise<PutOutcome> {
    checkKey(key);
    return this.#do(`writing ${key}`, signal, async () => {
      await identify(this.#place);
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
      await identify(this.#place);
      return FilesystemUpload.start(this.#place, key, signal);
    });
  }

  async startReplacement(key: string, signal?: AbortSignal): Promise<FilesystemUpload> {
    checkKey(key);
    return this.#do(`writing ${key}`, signal, async () => {
      await identify(this.#place);
      return FilesystemUpload.start(this.#place, key, signal, replacePart);
    });
  }

  async read(key: string, signal?: AbortSignal): Promise<Readable> {
    checkKey(key);
    return this.#do(`reading ${key}`, signal, async () => {
      const file = await openFile(this.#place, key);
      const next = () => this.#do(`reading ${key}`, signal, () => nextChunk(file));
      return readableOf(next, () => file.close());
    });
  }

  async get(key: string, signal?: AbortSignal): Promise<Uint8Array | null> {
    checkKey(key);
    return this.#do(`reading ${key}`, signal, async () => {
      const file = await openIfThere(this.#place, key);
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
      if (read.includes(null)) await identify(this.#place);
      return read;
    });
  }

  async head(key: string, signal?: AbortSignal): Promise<{ bytes: number } | null> {
    checkKey(key);
    return this.#do(`looking at ${key}`, signal, async () => {
      await identify(this.#place);
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
      await identify(this.#place);
      await removeFile(this.#root, key);
    });
  }

  async sweepUnfinished(
    olderThanSeconds: number,
    signal?: AbortSignal,
  ): Promise<{ removed: number; kept: number }> {
    return this.#do('sweeping unfinished files', signal, async () => {
      await identify(this.#place);
      return sweepParts(this.#root, olderThanSeconds, signal);
    });
  }

  async freeBytes(signal?: AbortSignal): Promise<number> {
    return this.#do('asking for the free space', signal, async () => {
      await identify(this.#place);
      const facts = await statfs(this.#root);
      return facts.bavail * facts.bsize;
    });
  }

  async sizeBytes(signal?: AbortSignal): Promise<number> {
    return this.#do('asking for the size', signal, async () => {
      await identify(this.#place);
      const facts = await statfs(this.#root);
      // As `df` counts: what is kept back for the system is neither used nor free.
      return (facts.blocks - facts.bfree + facts.bavail) * facts.bsize;
    });
  }

  /** The files themselves: a file system keeps no older ones. */
  async *listVersions(prefix: string, signal?: AbortSignal): AsyncGenerator<StoredVersion> {
    for (const { key, bytes } of await this.list(prefix, signal))
      yield { key, versionId: null, kind: 'object', latest: true, bytes };
  }

  async removeVersions(versions: readonly StoredVersion[], signal?: AbortSignal): Promise<Removal[]> {
    for (const { key } of versions) checkKey(key);
    return this.#do('removing files', signal, async () => {
      await identify(this.#place);
      return removeFiles(this.#place, versions, signal);
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
}
