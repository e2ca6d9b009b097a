import { describe, expect, it } from '@jest/globals';
import type { SwitchFacts, SwitchProgress } from '../../../workflows/contract-switch.ts';
import { switchMarkdown } from '../../../workflows/switch-details.ts';
import {
  backStatements,
  keptEnding,
  switchApprovalText,
  switchText,
} from '../../../workflows/switch-text.ts';

const facts: SwitchFacts = {
  backup: { source: 'shop', backupId: '20261121T010000Z-1a2b3c4d' },
  repository: 'local',
  dataTime: '2026-11-21T01:00:00.000Z',
  lossSeconds: 3600,
  order: {
    live: 'a "live"\none',
    liveOid: 1,
    scratch: 'holdfast_0a1b2c3d_x',
    scratchOid: 2,
    keptAs: 'kept',
    workflowId: 'switch/1',
  },
  tables: 3,
  rows: null,
  liveBytes: 4096,
  notes: ['two\nlines | and a pipe'],
};

const about = {
  organization: 'Example BV',
  workflowId: 'switch/1',
  source: 'shop',
  requester: 'dba-1',
  reason: 'rows are gone',
  facts,
};

describe('the text of a switch', () => {
  it('has one fact a line, whatever names and notes hold', () => {
    expect(switchText(about)).toBe(
      [
        'holdfast-switch/1',
        'organization: Example BV',
        'workflow: switch/1',
        'requester: dba-1',
        'reason: rows are gone',
        'source: shop',
        'backup: shop/20261121T010000Z-1a2b3c4d from local',
        'data of: 2026-11-21T01:00:00.000Z',
        'lost: what was written in the 3600 seconds since then, and later',
        'live database: "a \\"live\\"\\none" oid=1 bytes=4096',
        'restored as: "holdfast_0a1b2c3d_x" oid=2 tables=3 rows=unknown',
        'live one kept as: "kept"',
        'note: two lines | and a pipe',
        '',
      ].join('\n'),
    );
  });

  it('is not that of a deletion, for the same run, person and hash', () => {
    const text = switchApprovalText({ workflowId: 'switch/1', by: 'dba-2', hash: 'a'.repeat(64) });
    expect(text).toContain('step: switch\n');
    expect(text).not.toContain('list:');
  });
});

describe('the old database', () => {
  it('is kept under a name with the time of the request', () => {
    expect(keptEnding(new Date('2026-11-21T10:11:12.345Z'))).toBe('_before_20261121_101112');
  });

  it('comes back by statements that take any name', () => {
    expect(backStatements({ live: `it's "it"`, keptAs: 'kept' })).toEqual([
      'begin;',
      `select pg_terminate_backend(pid) from pg_stat_activity where datname in ('it''s "it"', 'kept');`,
      'alter database "it\'s ""it""" rename to "it\'s ""it""_switched_away";',
      'alter database "kept" rename to "it\'s ""it""";',
      'commit;',
    ]);
  });
});

describe('the current details of a switch', () => {
  const state: SwitchProgress = {
    workflowId: 'switch/1',
    phase: 'waiting for approvals',
    source: 'shop',
    requester: 'dba-1',
    reason: 'rows are gone',
    requestedAt: '2026-11-21T10:00:00.000Z',
    rule: { approvals: 1, role: 'dba', signatures: 'signed', expires: 3600 },
    approvers: ['dba-2'],
    facts,
    text: '',
    hash: 'a'.repeat(64),
    approvals: [],
    refused: [],
    expiresAt: '2026-11-21T11:00:00.000Z',
    cancelled: null,
    notes: [],
  };

  it('say what to do, what would be lost, and what to know, in one table row each', () => {
    const markdown = switchMarkdown(state);
    expect(markdown).toContain('`holdfast switch approve switch/1 --as NAME --sign-with KEYFILE`');
    expect(markdown).toContain('what was written since is lost, 1h');
    expect(markdown).toContain('two lines \\| and a pipe');
  });

  it.each(['quiescing', 'done', 'cancelled'] as const)('ask for nothing when it is %s', (phase) => {
    expect(switchMarkdown({ ...state, phase })).not.toContain('must approve');
  });

  it('stay within what Temporal shows', () => {
    const notes = Array.from({ length: 500 }, (_, index) => `${index} ${'x'.repeat(200)}`);
    expect(switchMarkdown({ ...state, notes }).length).toBeLessThanOrEqual(18_000);
  });
});
