const placeholder = /\$?\$\{([^}]*)\}/g;

/** The names that stand in a text as `${name}`; `$${name}` is the text itself. */
export function placeholdersIn(text: string): string[] {
  return [...text.matchAll(placeholder)].flatMap(([found, name = '']) =>
    found.startsWith('$$') ? [] : [name],
  );
}

/** A text with values in place of `${name}`; what has no value stays, and `$${name}` loses its first sign. */
export function withValues(text: string, valueFor: (name: string) => string | undefined): string {
  return text.replaceAll(placeholder, (found: string, name: string) =>
    found.startsWith('$$') ? found.slice(1) : (valueFor(name) ?? found),
  );
}
