import { describe, expect, it } from '@jest/globals';
import { chooseTools, type Installation } from '../../../sources/postgres/tools.ts';

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
