/**
 * PostgreSQL prints an expression a little differently after a dump was restored: it moves casts into array
 * constructors and adds or drops parentheses, e.g. `(ARRAY['a'::varchar])::text[]` comes back as
 * `ARRAY[('a'::varchar)::text]`. Both mean the same. This gives the text that the two have in common: no casts, no
 * parentheses, no white space, while literals and quoted names stay whole.
 */
export function canonicalExpression(text: string): string {
  const kept: string[] = [];
  let rest = text;
  while (rest !== '') {
    const [token] = tokenPattern.exec(rest) ?? [rest.charAt(0)];
    rest = rest.slice(token.length);
    if (token.startsWith('::')) rest = rest.slice(typeLength(rest));
    else if (!/^[\s()]/.test(token)) kept.push(token);
  }
  return kept.join(' ');
}

/** A literal with its prefix, a quoted name, a dollar-quoted text, a word or number, a cast, or one other character. */
const tokenPattern =
  /^(?:[EeBbXx]?'(?:[^'\\]|''|\\[\s\S])*'|"(?:[^"]|"")*"|\$([A-Za-z_]*)\$[\s\S]*?\$\1\$|[\p{L}\p{N}_$]+|::|\s+|[\s\S])/u;

/** Length of the type's name at the start of the text, with its modifier and array brackets. */
function typeLength(text: string): number {
  const name =
    /^(?:character varying|double precision|bit varying|(?:timestamp|time)(?:\(\d+\))? with(?:out)? time zone|interval (?:year|month|day|hour|minute|second)(?: to (?:month|hour|minute|second))?|(?:"(?:[^"]|"")*"|[\p{L}\p{N}_$]+)(?:\.(?:"(?:[^"]|"")*"|[\p{L}\p{N}_$]+))*)(?:\(\d+(?:,-?\d+)?\))?(?:\[\d*\])*/u;
  return name.exec(text)?.[0].length ?? 0;
}
