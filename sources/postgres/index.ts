import { join } from 'node:path';
import type { PostgresSource } from '../../policy/resolved.ts';
import type { SourceDriver } from '../source.ts';
import { countContents } from './archive.ts';
import { scratchBase, scratchPrefix } from './cluster.ts';
import { doctor } from './doctor.ts';
import { explainRestore } from './explain-restore.ts';
import { dataFileOf } from './restore.ts';
import { restoreSteps } from './restore-steps.ts';
import { neededMajor, openScratch } from './scratch.ts';
import { sweepPlaces } from './scratch-owner.ts';
import { openOnServer } from './server-scratch.ts';
import { openBackup } from './session.ts';
import { chooseTools, findInstallations } from './tools.ts';

export { maskDatabase } from './mask.ts';
export { examineTarget, publishRemade } from './refreshing.ts';
export { databaseName } from './scratch-mark.ts';
export { openOnServer, type ServerPlace, targetOn } from './server-scratch.ts';
export { dropMarked, sweepServer } from './server-sweep.ts';
export { askSmoke } from './smoke.ts';
export { checkSwitched, examineLive, rehearse, switchDatabases, undoSwitch } from './switching.ts';

/** PostgreSQL 13 to 18 by pg_dump and pg_restore. */
export const postgresDriver: SourceDriver<PostgresSource> = {
  kind: 'postgres',
  doctor,
  openBackup,
  openScratch: (manifest, work, on) =>
    on === undefined ? openScratch(manifest, work) : openOnServer(manifest, work, on),
  listContents: async (manifest, input, work) => {
    const tools = chooseTools(await findInstallations(), neededMajor(manifest));
    const pgRestore = join(tools.directory, 'pg_restore');
    try {
      return await countContents(dataFileOf(manifest), input, pgRestore, work);
    } catch (error) {
      throw explainRestore(error);
    }
  },
  restoreSteps,
  sweepScratch: (log) => sweepPlaces(scratchBase(), scratchPrefix, log),
};
