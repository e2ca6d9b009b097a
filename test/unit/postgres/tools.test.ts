import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { chooseTools, findInstallations, type Installation } from '../../../sources/postgres/tools.ts';
import { inDirectory } from '../../support/keys.ts';

const installed = (version: string, server = true): Installation => ({
  directory: `/usr/lib/postgresql/${version}/bin`,
  version,
  major: Number.parseInt(version, 10),
  server,
});

/** Newest first, as `findInstallations` gives them. */
const all = [
  installed('18.4'),
  installed('16.2', false),
  installed('15.18'),
  installed('15.2'),
  installed('13.9'),
];

describe('chooseTools', () => {
  it.each([
    [13, '13.9'],
    [14, '15.18'],
    [15, '15.18'],
    [16, '16.2'],
    [17, '18.4'],
  ])('takes for a server %i the closest that is not older: %s', (major, version) => {
    expect(chooseTools(all, major).version).toBe(version);
  });

  it('takes only installations with a server for a scratch place', () => {
    expect(chooseTools(all, 16, true).version).toBe('18.4');
  });

  it('names both versions and what to install when all are older', () => {
    const choose = () => chooseTools([installed('15.18')], 18);
    expect(choose).toThrow(
      expect.objectContaining({
        code: 'version-mismatch',
        hint: expect.stringContaining('postgresql-client-18'),
      }),
    );
    expect(choose).toThrow(/PostgreSQL 18.*15\.18/);
  });

  it('says what to install when there is nothing', () => {
    expect(() => chooseTools([], 15)).toThrow(expect.objectContaining({ code: 'tool-missing' }));
    expect(() => chooseTools([installed('15.18', false)], 15, true)).toThrow(
      expect.objectContaining({ code: 'tool-missing' }),
    );
  });
});

describe('findInstallations', () => {
  afterEach(() => {
    delete process.env.HOLDFAST_POSTGRES_BIN;
  });

  /** A directory whose pg_dump runs the lines and counts how often it was asked. */
  const inInstallation = (
    work: (put: (lines: string) => Promise<void>, asked: () => Promise<number>) => Promise<void>,
  ) =>
    inDirectory(async (directory) => {
      process.env.HOLDFAST_POSTGRES_BIN = directory;
      const [program, log] = [join(directory, 'pg_dump'), join(directory, 'log')];
      await writeFile(log, '');
      await work(
        (lines) => writeFile(program, `#!/bin/sh\necho >> ${log}\n${lines}\n`, { mode: 0o755 }),
        async () => (await readFile(log, 'utf8')).length,
      );
    });
  const versions = async () => (await findInstallations()).map(({ version }) => version);

  it('asks a program once, and again when it was replaced', () =>
    inInstallation(async (put, asked) => {
      await put('echo pg_dump 15.1');
      expect([await versions(), await versions()]).toEqual([['15.1'], ['15.1']]);
      expect(await asked()).toBe(1);
      await put('echo "pg_dump (PostgreSQL) 16.2"');
      expect(await versions()).toEqual(['16.2']);
    }));

  it('does not remember a program that failed', () =>
    inInstallation(async (put, asked) => {
      await put('exit 1');
      expect([await versions(), await versions()]).toEqual([[], []]);
      expect(await asked()).toBe(2);
    }));
});
