import { spawn } from 'node:child_process';

/** What set-up tells a person: a sentence, and no stack trace. */
export class SetupError extends Error {}

/**
 * Runs a program to its end and gives what it printed.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string }} [options] `env` is added to ours
 * @returns {Promise<string>} stdout
 * @throws {SetupError} with the last lines of its output when it is missing or fails
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      cwd: options.cwd,
    });
    let output = '';
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      output = (output + text).slice(-8192);
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-8192);
    });
    child.on('error', () =>
      reject(new SetupError(`${command} can't be run: it is not on this machine's PATH.`)),
    );
    child.on('close', (status) => {
      if (status === 0) return resolve(stdout);
      const tail = output.trim().split('\n').slice(-12).join('\n');
      reject(new SetupError(`${command} ${args[0] ?? ''} ended with exit status ${status}:\n${tail}`));
    });
  });
}

/**
 * Whether a program can be run with these arguments.
 *
 * @param {string} command
 * @param {string[]} args
 */
export function works(command, args) {
  return run(command, args).then(
    () => true,
    () => false,
  );
}
