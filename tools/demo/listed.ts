import { z } from 'zod';

const listSchema = z.object({ backups: z.array(z.object({ copies: z.array(z.unknown()) })) });

/** Copies in what `holdfast backup list --json` printed. */
export function copiesIn(listed: unknown): number {
  return listSchema.parse(listed).backups.reduce((sum, { copies }) => sum + copies.length, 0);
}
