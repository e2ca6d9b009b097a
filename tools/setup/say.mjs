/** One tidy line for each thing done, with how long it took. */

/** @param {string} text */
export function say(text) {
  process.stdout.write(`${text}\n`);
}

/**
 * Does a piece of work and says so once it is done.
 *
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function timed(title, work) {
  const start = performance.now();
  const result = await work();
  say(`  ${title.padEnd(58)} ${seconds(start).padStart(7)}`);
  return result;
}

/** @param {number} start a value of `performance.now()` */
export function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
