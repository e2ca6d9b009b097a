import { join } from 'node:path';
import type { Manifest } from '../../repository/manifest.ts';
import type { ScratchPlace, WorkContext } from '../source.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { superuser } from './cluster-data.ts';
import type { Restored } from './compare-part.ts';
import { compareWith } from './compare-restored.ts';
import { databaseInShell } from './connection.ts';
import { databaseNameOf } from './create-database.ts';
import { explainRestore } from './explain-restore.ts';
import { provable } from './prove.ts';
import { restoreInto } from './restore.ts';
import { chooseTools, findInstallations } from './tools.ts';

/**
 * Starts a private server of the backup's own major version, or the next newer one that this host has.
 *
 * @throws HoldfastError `tool-missing` or `version-mismatch` when this host has no server that the dump fits into.
 */
export async function openScratch(manifest: Manifest, work: WorkContext): Promise<ScratchPlace> {
  const tools = chooseTools(await findInstallations(), neededMajor(manifest), true);
  const cluster = await startCluster(tools, manifest.workflowId, work);
  const database = databaseNameOf(manifest);
  let part: { restored: Restored; access: boolean } = {
    restored: 'all',
    access: manifest.files.some((file) => file.role === 'globals'),
  };
  return {
    connect: connectCommand(cluster, database),
    restore: async (input) => {
      try {
        const { restored, access, ...facts } = await restoreInto(cluster, input, work);
        part = { restored, access };
        return facts;
      } catch (error) {
        throw explainRestore(error);
      }
    },
    compare: (json) => compareWith(cluster.target(database), json, part.access, work, part.restored),
    ...provable(cluster.target(database), part.access, work),
    destroy: () => cluster.destroy(),
  };
}

/** The major version that both the server and the dump's pg_dump ask for: an older pg_restore can't read it. */
export function neededMajor(manifest: Manifest): number {
  const majors = [manifest.server, manifest.tools.pg_dump ?? ''].map((text) =>
    Number(/\d+/.exec(text)?.[0] ?? 0),
  );
  return Math.max(...majors);
}

function connectCommand(cluster: Cluster, database: string): string {
  const password = `PGPASSWORD="$(cat ${join(cluster.directory, 'password')})"`;
  return `${password} ${databaseInShell(database)} ${join(cluster.tools.directory, 'psql')} -h ${cluster.directory} -U ${superuser}`;
}
