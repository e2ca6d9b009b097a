import { describe, expect, it } from '@jest/globals';
import type { DeletionProgress } from '../../../workflows/contract-deletion.ts';
import { deletionMarkdown } from '../../../workflows/deletion-details.ts';
import { deletionRule } from '../../support/plans.ts';

const backups = Array.from({ length: 100 }, (_, index) => ({
  source: 'shop',
  backupId: `20261101T010000Z-${String(index).padStart(8, '0')}`,
}));

const state = (changes: Partial<DeletionProgress> = {}): DeletionProgress => ({
  workflowId: 'deletion/20261121T101112Z-5e6f7a8b',
  phase: 'waiting for approvals',
  requester: 'dba-1',
  reason: 'a | b',
  requestedAt: '2026-11-21T10:11:12.000Z',
  backups,
  rule: deletionRule,
  approvers: ['dba-2', 'dba-3'],
  list: {
    items: backups.map((backup) => ({
      backup,
      because: 'the newer one is verified; '.repeat(20),
      copies: [{ repository: 'local', files: 6, versions: 6, bytes: 1024 }],
    })),
    notReached: [],
    text: '',
    sha256: 'a'.repeat(64),
  },
  approvals: [],
  refused: [],
  expiresAt: '2026-11-28T10:11:12.000Z',
  due: null,
  cancelled: null,
  copies: [],
  sentences: [],
  ...changes,
});

describe("a deletion's current details", () => {
  it('tell who must approve and how, however long the list is', () => {
    const text = deletionMarkdown(state());
    expect(text.length).toBeLessThanOrEqual(18_000);
    for (const part of [
      '**2 of these must approve**, by 2026-11-28T10:11:12.000Z: dba-2, dba-3',
      'holdfast deletion approve deletion/20261121T101112Z-5e6f7a8b --as NAME --sign-with KEYFILE',
      'the Signal `approve`',
      'the Signal `cancel`',
      '`shop/20261101T010000Z-00000000`',
      'and 80 more',
      'a'.repeat(64),
      'a \\| b',
    ])
      expect(text).toContain(part);
  });

  it('tell who approved, when it happens and how to stop it', () => {
    const text = deletionMarkdown(
      state({
        phase: 'waiting out the delay',
        due: '2026-11-22T10:11:12.000Z',
        approvals: [{ by: 'dba-2', at: '2026-11-21T11:00:00.000Z', key: 'SHA256:abc' }],
      }),
    );
    for (const part of [
      '**It happens at 2026-11-22T10:11:12.000Z.**',
      'deletion cancel',
      '| dba-2 |',
      'SHA256:abc',
    ])
      expect(text).toContain(part);
  });

  it('tell what became of each copy, and which messages were not followed', () => {
    const [backup] = backups;
    if (backup === undefined) throw new Error('there are backups');
    const text = deletionMarkdown(
      state({
        phase: 'deleted with exceptions',
        copies: [
          {
            backup,
            repository: 'offsite',
            outcome: 'locked',
            removed: 0,
            sentences: ['It is locked until then.'],
          },
        ],
        refused: [{ what: 'approval', by: 'mallory', at: '2026-11-21T11:00:00.000Z', sentence: 'Unknown.' }],
      }),
    );
    for (const part of ['locked, 0 versions: It is locked until then.', 'approval of mallory: Unknown.'])
      expect(text).toContain(part);
  });
});
