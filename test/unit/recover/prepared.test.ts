import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { prepareDirectory } from '../../../cli/recover/prepared.ts';
import { inDirectory } from '../../support/keys.ts';

describe("a recovery's directory", () => {
  it('that can not be written is told with the way out, and what the system says', () =>
    inDirectory(async (directory) => {
      await mkdir(join(directory, 'holdfast.yaml'));
      const publicKeys = { signers: {}, people: {}, recipients: {} };
      const applied = { text: 'version: 1\n', publicKeys, organization: 'Example BV' };
      await expect(prepareDirectory(applied, directory)).rejects.toMatchObject({
        code: 'bad-usage',
        message: expect.stringMatching(/can't be kept in .*: the system says EISDIR/),
        hint: 'Name another directory with --state.',
      });
    }));
});
