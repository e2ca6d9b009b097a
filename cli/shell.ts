/** A text as one word of a shell's command. Pure. */
export const inQuotes = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The same, without quotes where it needs none: in commands that people copy. Pure. */
export const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : inQuotes(text));
