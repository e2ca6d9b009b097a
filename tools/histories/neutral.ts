/** A history without what tells of the machine that it was recorded on; none of it matters to a replay. */
export function neutralHistory(json: string): string {
  const told = new Map([
    ['stackTrace', ''],
    ['identity', 'recorder'],
  ]);
  const history: unknown = JSON.parse(json, (key, value: unknown) => told.get(key) ?? value);
  return `${JSON.stringify(history, null, 2)}\n`;
}
