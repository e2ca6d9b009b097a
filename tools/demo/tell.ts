import colors from 'picocolors';

const started = performance.now();

/** Seconds since the demo began. */
export const elapsed = (): number => (performance.now() - started) / 1000;

/** A chapter of the story, with the time at which it begins. */
export function chapter(title: string): void {
  console.log(`\n${colors.bold(title)} ${colors.dim(`(${elapsed().toFixed(1)} s)`)}`);
}

export function say(text: string): void {
  console.log(`  ${text}`);
}

/** A command as a person would type it. */
export function prompt(words: string[]): void {
  console.log(`  ${colors.cyan('$')} holdfast ${words.map(quoted).join(' ')}`);
}

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`);
