import { describe, expect, it } from '@jest/globals';
import { alsoByService } from '../../../cli/commands/backup-verify.ts';
import type { CopyVerification } from '../../../workflows/contract-verify.ts';

const copy: CopyVerification = {
  repository: 'offsite',
  outcome: 'passed',
  bytes: 10,
  files: 3,
  sentences: [],
};

describe("a verified copy's line", () => {
  it("says for how many files the service's checksum was compared, or that there was none", () => {
    expect(alsoByService({ ...copy, serviceChecksums: 2 })).toBe(" (2 also by the service's checksum)");
    expect(alsoByService({ ...copy, serviceChecksums: 0 })).toBe(' (no checksum of a service to compare)');
  });

  it('says nothing of it where no file was read, or an older worker did not count', () => {
    expect(alsoByService({ ...copy, files: 0, serviceChecksums: 0 })).toBe('');
    expect(alsoByService(copy)).toBe('');
  });
});
