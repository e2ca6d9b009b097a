import { mkdtemp, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import type { PostgresSource } from '../../policy/resolved.ts';
import { formatBytes } from '../../policy/units.ts';
import { type CommandSpec, run, tiedToUs } from '../../process/index.ts';
import type { StreamFile, WorkContext } from '../source.ts';
import { databaseArgument } from './connection.ts';
import { explainPgDump } from './explain.ts';
import type { Installation } from './tools.ts';

/** What the streams of one backup share. */
export type Dumping = {
  source: PostgresSource;
  work: WorkContext;
  tools: Installation;
  snapshot: string;
  environment: Record<string, string>;
  estimatedBytes: number;
};

/** The streams of a backup: its data, and roles and tablespaces unless the policy turns them off. */
export function streamsOf(dumping: Dumping): StreamFile[] {
  const data = dumping.source.parallel > 1 ? directoryDump(dumping) : customDump(dumping);
  return dumping.source.globals === 'off' ? [data] : [data, globals(dumping)];
}

function customDump(dumping: Dumping): StreamFile {
  return {
    role: 'data',
    stages: ['pg_dump-custom'],
    extension: 'data.dump',
    open: () => tiedToUs(pgDump(dumping, ['--format=custom'])),
    explain: (error) => explainTool(error, dumping),
  };
}

/** Several jobs write files side by side; the stream is a tar of them, in one order, without times and owners. */
function directoryDump(dumping: Dumping): StreamFile {
  const { source, work } = dumping;
  return {
    role: 'data',
    stages: ['pg_dump-directory', 'tar'],
    extension: 'data.dump.tar',
    open: async () => {
      await requireSpace(dumping);
      const directory = join(await mkdtemp(join(work.directory, 'dump-')), 'dump');
      const spec = pgDump(dumping, [
        '--format=directory',
        `--jobs=${source.parallel}`,
        `--file=${directory}`,
        '--no-sync',
      ]);
      await run(await tiedToUs(spec), { signal: work.signal });
      const plain = [
        '--sort=name',
        '--owner=0',
        '--group=0',
        '--numeric-owner',
        '--mtime=@0',
        '--format=gnu',
      ];
      return tiedToUs({
        command: 'tar',
        args: ['--create', ...plain, '--file=-', `--directory=${directory}`, '.'],
      });
    },
    explain: (error) => explainTool(error, dumping),
  };
}

function globals(dumping: Dumping): StreamFile {
  const { source, tools, environment } = dumping;
  return {
    role: 'globals',
    stages: ['pg_dumpall'],
    extension: 'globals.sql',
    open: () =>
      tiedToUs({
        command: join(tools.directory, 'pg_dumpall'),
        args: [
          '--globals-only',
          '--no-password',
          `--database=${databaseArgument(source.database)}`,
          ...(source.globals === 'without-passwords' ? ['--no-role-passwords'] : []),
        ],
        env: environment,
      }),
    explain: (error) => explainTool(error, dumping),
  };
}

function pgDump({ source, tools, snapshot, environment }: Dumping, format: string[]): CommandSpec {
  return {
    command: join(tools.directory, 'pg_dump'),
    args: [
      ...format,
      '--compress=0',
      '--no-password',
      `--snapshot=${snapshot}`,
      `--lock-wait-timeout=${Math.round(source.lockTimeout * 1000)}`,
    ],
    env: environment,
  };
}

function explainTool(error: unknown, { source, tools }: Dumping): unknown {
  const ours = (text: string) =>
    /\bpg_dump(all)?: /.test(text) || /^(\S*\/)?(setpriv|pg_dump|pg_dumpall) /.test(text);
  if (!(error instanceof HoldfastError) || error.code !== 'process-failed' || !ours(error.message))
    return error;
  if (/server version mismatch/.test(error.message))
    return new HoldfastError(
      'version-mismatch',
      `The pg_dump of this worker (${tools.version}) is older than the server of ${source.name}.`,
      { hint: "Install the client tools of the server's major version.", cause: error },
    );
  return explainPgDump(error.message.replace(/^\S*setpriv /, 'pg_dump '), source, error);
}

/** @throws HoldfastError `disk-full` when the directory dump would not fit beside what is there. */
async function requireSpace({ source, work, estimatedBytes }: Dumping): Promise<void> {
  const facts = await statfs(work.directory);
  const free = facts.bavail * facts.bsize;
  if (free > estimatedBytes) return;
  throw new HoldfastError(
    'disk-full',
    `A parallel dump of ${source.name} needs about ${formatBytes(estimatedBytes)} of scratch space, and ${formatBytes(free)} are free.`,
    {
      hint: 'Give the worker a larger directory (HOLDFAST_WORK_DIR), or set `parallel: 1`, which needs none.',
    },
  );
}
