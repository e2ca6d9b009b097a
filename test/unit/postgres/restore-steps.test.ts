import { describe, expect, it } from '@jest/globals';
import { run } from '../../../process/index.ts';
import type { Manifest } from '../../../repository/manifest.ts';
import { restoreSteps } from '../../../sources/postgres/restore-steps.ts';

const manifestOf = (database: string, parallel: boolean): Manifest => ({
  format: 'holdfast-manifest/1',
  organization: 'Example BV',
  plan: 'shop-daily',
  source: 'shop',
  kind: 'postgres',
  backupId: '20261121T010000Z-0123abcd',
  workflowId: 'w',
  runId: 'r',
  policyHash: '',
  startedAt: '2026-11-21T01:00:00Z',
  endedAt: '2026-11-21T01:00:00Z',
  dataTime: '2026-11-21T01:00:00Z',
  key: 'databases',
  server: 'PostgreSQL 15.18',
  tools: { pg_dump: '16.2' },
  origin: { database },
  files: [
    {
      name: parallel ? 'data-1a2b3c.dump.tar.zst.gpg' : 'data-1a2b3c.dump.zst.gpg',
      role: 'data',
      stages: parallel ? ['pg_dump-directory', 'tar', 'zstd', 'gpg'] : ['pg_dump-custom', 'zstd', 'gpg'],
      rawBytes: null,
      bytes: 1,
      sha256: '0'.repeat(64),
    },
  ],
  fingerprint: null,
  copies: ['local'],
  dependsOn: null,
});

/** The arguments that a shell gives to pg_restore when the commands are pasted into it. */
async function argumentsOf(manifest: Manifest): Promise<string[]> {
  const commands = [...restoreSteps(manifest).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text]) => text);
  const pretend = 'pg_restore() { printf "%s\\n" "$@"; }; mkdir() { :; }; tar() { :; }; psql() { :; };\n';
  const answer = await run({ command: 'bash', args: ['-e', '-c', pretend + commands.join('')] });
  return answer.stdout.trimEnd().split('\n');
}

describe('the commands of RESTORE.md', () => {
  it('name the plaintext file, and what must be newer', async () => {
    expect(await argumentsOf(manifestOf('shop', false))).toContain('data-1a2b3c.dump');
    expect(restoreSteps(manifestOf('shop', false))).toContain('PostgreSQL 16 or newer');
  });

  it.each([`it's`, 'a "quoted" $name', 'back\\slash', '`date`', 'a=b'])(
    'reach the database %s',
    async (name) => {
      const literal = name.replace(/[\\']/g, '\\$&');
      expect(await argumentsOf(manifestOf(name, true))).toContain(`--dbname=dbname='${literal}'`);
    },
  );
});
