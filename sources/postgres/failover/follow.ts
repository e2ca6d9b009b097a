import { chown, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresTarget } from '../../../policy/resolved-failover.ts';
import type { WorkContext } from '../../source.ts';
import type { User } from '../cluster-data.ts';
import { passFileLine, type Target } from '../connection.ts';
import { settingLines } from './settings.ts';
import { asReplica } from './tools.ts';

/** Settings of an earlier life that would keep a standby from following. */
const replaced =
  /^\s*(primary_conninfo|primary_slot_name|recovery_target\w*|recovery_end_command|recovery_min_apply_delay|promote_trigger_file|hot_standby)\s*=/;

/** The password lies beside the data, never in it: backups of the server would take it along. */
export const passFileOf = (directory: string): string => `${directory}.pgpass`;

/** Makes a stopped server's directory that of a standby of the primary. */
export async function follow(
  directory: string,
  name: string,
  primary: PostgresTarget,
  user: User | null,
  work: WorkContext,
  passFile = passFileOf(directory),
): Promise<void> {
  const from = asReplica(primary);
  const write = async (path: string, text: string) => {
    await rm(path, { force: true });
    await writeFile(path, text, { mode: 0o600 });
    if (user !== null) await chown(path, user.uid, user.gid);
  };
  if (from.password !== undefined) await write(passFile, passFileLine(await work.secret(from.password)));
  const own = join(directory, 'postgresql.auto.conf');
  const before = await readFile(own, 'utf8').catch(() => '');
  const kept = before.split('\n').filter((line) => line !== '' && !replaced.test(line));
  const settings = followSettings(name, from, passFile);
  await write(own, `${kept.map((line) => `${line}\n`).join('')}${settings}`);
  await rm(join(directory, 'recovery.signal'), { force: true });
  // Last: without it the server would start as a primary.
  await write(join(directory, 'standby.signal'), '');
}

/** Whether a directory is already made to follow the primary. */
export async function followsOnPaper(
  directory: string,
  name: string,
  primary: PostgresTarget,
): Promise<boolean> {
  const read = (file: string) => readFile(join(directory, file), 'utf8').catch(() => null);
  if ((await read('standby.signal')) === null) return false;
  const settings = followSettings(name, asReplica(primary), passFileOf(directory));
  return (await read('postgresql.auto.conf'))?.endsWith(settings) === true;
}

function followSettings(name: string, from: Target, passFile: string): string {
  const parts: Record<string, string> = {
    host: from.host,
    port: String(from.port),
    user: from.user,
    application_name: name,
    sslmode: from.ssl.mode,
    ...(from.ssl.rootCertificate === undefined ? {} : { sslrootcert: from.ssl.rootCertificate }),
    ...(from.password === undefined ? {} : { passfile: passFile }),
  };
  const conninfo = Object.entries(parts).map(([key, value]) => `${key}='${value.replace(/[\\']/g, '\\$&')}'`);
  return settingLines({
    primary_conninfo: conninfo.join(' '),
    primary_slot_name: '',
    recovery_target_timeline: 'latest',
    hot_standby: 'on',
  });
}
