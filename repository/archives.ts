/** Storage classes that give nothing before they are asked to bring it back, which takes hours. */
export const archives: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/** Whether any of a copy lies in such a class, as its listing tells: also what was brought back for some days. */
export function isArchived({ classes }: { classes: Readonly<Record<string, number>> }): boolean {
  return Object.keys(classes).some((name) => archives.has(name));
}
