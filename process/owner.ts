import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';

/** A process as it writes itself down beside what it owns, so that others see later whether it is still there. */
export type Owner = {
  host: string;
  pid: number;
  /** Tells a process from a later one with the same id: boot and start time, as the kernel gives them. */
  started: string;
};

/** This process. */
export async function thisProcess(): Promise<Owner> {
  return { host: hostname(), pid: process.pid, started: await startOfProcess(process.pid) };
}

/** Whether an owner is gone for certain: what is of another host is not known here. */
export async function isGone({ host, pid, started }: Owner): Promise<boolean> {
  return host === hostname() && started !== (await startOfProcess(pid));
}

/** Boot id and start time of a process; `gone` when there is none. */
export async function startOfProcess(pid: number): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return 'gone';
  // The name in parentheses may hold anything; the start time is the 20th field after it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return `${boot.trim()} ${fields[19]}`;
}
