import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { eventually } from '../../tools/servers/index.ts';

export type Ending = { code: number | null; signal: NodeJS.Signals | null };

/** The built program as a process of its own, as in production. */
export type Program = {
  pid: number;
  /** What it has written to stdout and stderr so far. */
  said(): string;
  /** Waits until it has said a text; throws with all that it said when it ends before. */
  saying(text: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
  ended: Promise<Ending>;
  /** SIGKILL, and waits until it is gone; safe to call when it is. */
  kill(): Promise<void>;
};

const main = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

/** Starts `holdfast` from dist/, which `npm test` builds. Stays in no case longer than this process. */
export function startProgram(args: string[], env: Record<string, string>): Program {
  return startWith(process.execPath, [main, ...args], env);
}

/** Starts a program that is, or starts, one of ours. */
export function startWith(command: string, args: string[], env: Record<string, string>): Program {
  const child = spawn(command, args, {
    env: { ...process.env, NODE_NO_WARNINGS: '1', NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let ending: Ending | undefined;
  const ended = new Promise<Ending>((resolve) => {
    child.once('close', (code, signal) => {
      process.off('exit', kill);
      ending = { code, signal };
      resolve(ending);
    });
  });
  return {
    pid: child.pid ?? 0,
    said: () => said,
    saying: (text) =>
      eventually(
        async () => {
          if (!said.includes(text)) throw new Error(`it has not said "${text}", but: ${said}`);
        },
        60,
        () => (ending === undefined || said.includes(text) ? undefined : new Error(`it ended: ${said}`)),
      ),
    signal: (name) => {
      child.kill(name);
    },
    ended,
    kill: async () => {
      kill();
      await ended;
    },
  };
}
