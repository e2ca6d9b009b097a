/** When a backup started, as its id tells: ISO 8601 in UTC; null when the text is no such id. */
export function startOfBackup(backupId: string): string | null {
  const [, date, hour, minute, second] = /^(\d{8})T(\d\d)(\d\d)(\d\d)Z-/.exec(backupId) ?? [];
  if (date === undefined) return null;
  const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
  return `${day}T${hour}:${minute}:${second}.000Z`;
}
