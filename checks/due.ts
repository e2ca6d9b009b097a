import { Cron } from 'croner';

/** When a cron expression was due last before an instant, in a time zone; null when it never was. */
export function lastDue(cron: string, timezone: string, before: Date): Date | null {
  const [due = null] = new Cron(cron, { mode: '5-part', timezone }).previousRuns(1, before);
  return due;
}
