import { readdir, readFile } from 'node:fs/promises';

export type Process = { pid: number; command: string };

/**
 * The live processes that were started for the work below a directory: its path stands in their arguments or their
 * environment, also after they have lost their parent.
 */
export async function processesOf(directory: string): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(pids.map((pid) => lookAt(pid, directory)));
  return found.flat();
}

async function lookAt(pid: string, directory: string): Promise<Process[]> {
  try {
    const [args, environment, status] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
      readFile(`/proc/${pid}/environ`, 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    const dead = /\) Z /.test(status);
    if (dead || !(args.includes(directory) || environment.includes(directory))) return [];
    return [{ pid: Number(pid), command: args.split('\0')[0] ?? '' }];
  } catch {
    return [];
  }
}
