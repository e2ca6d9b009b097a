import { spawn } from 'node:child_process';

/** What set-up tells a person: a sentence, and no stack trace. */
export class SetupError extends Error {}

/** A download failed, and another way to get the tool may not. */
export class DownloadError extends SetupError {}

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
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.on('error', () =>
      reject(new SetupError(`${command} can't be run: it is not on this machine's PATH.`)),
    );
    child.on('close', (status) => {
      if (status === 0) return resolve(stdout);
      reject(
        new SetupError(`${command} ${args[0] ?? ''} ended with exit status ${status}:\n${excerpt(output)}`),
      );
    });
  });
}

/**
 * Some tools say what is wrong first, others last.
 *
 * @param {string} output
 */
function excerpt(output) {
  const lines = output.trim().split('\n');
  return lines.length <= 40 ? lines.join('\n') : [...lines.slice(0, 12), '…', ...lines.slice(-20)].join('\n');
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
