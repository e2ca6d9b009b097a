import { SetupError } from './setup/shell.mjs';

/**
 * Runs the whole of one of these scripts. What a person can mend is said without a stack trace.
 *
 * @param {() => Promise<void>} work
 */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  }
}
