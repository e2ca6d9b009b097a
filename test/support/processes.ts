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

/** The live processes that a process has started, and theirs; to be asked for before it ends. */
export async function descendantsOf(pid: number): Promise<Process[]> {
  const all = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(parentOf));
  const found: Process[] = [];
  const search = (parent: number) => {
    for (const each of all.flat().filter((one) => one.parent === parent)) {
      found.push({ pid: each.pid, command: each.command });
      search(each.pid);
    }
  };
  search(pid);
  return found;
}

/** Those of the processes that still live. */
export async function livingOf(processes: Process[]): Promise<Process[]> {
  const now = await Promise.all(processes.map(({ pid }) => parentOf(String(pid))));
  return processes.filter(({ pid, command }) =>
    now.flat().some((each) => each.pid === pid && each.command === command),
  );
}

async function parentOf(pid: string): Promise<(Process & { parent: number })[]> {
  try {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = status.slice(status.lastIndexOf(')') + 2).split(' ');
    const command = status.slice(status.indexOf('(') + 1, status.lastIndexOf(')'));
    return state === 'Z' ? [] : [{ pid: Number(pid), command, parent: Number(parent) }];
  } catch {
    return [];
  }
}
