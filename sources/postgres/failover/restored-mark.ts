import { z } from 'zod';

const format = 'holdfast-restored/1';

const schema = z.object({
  run: z.string(),
  step: z.string(),
  backup: z.string(),
  mode: z.enum(['real', 'drill']),
});

/** What the comment of a restored database says: by which step of which run it was put there, and of what. */
export type RestoredMark = z.infer<typeof schema>;

export const restoredText = ({ run, step, backup, mode }: RestoredMark): string =>
  `${format} ${JSON.stringify({ run, step, backup, mode })}`;

/** The mark of a database that a run restored; null for any other. */
export function readRestored(comment: string | null): RestoredMark | null {
  if (comment === null || !comment.startsWith(`${format} `)) return null;
  try {
    return schema.safeParse(JSON.parse(comment.slice(format.length + 1))).data ?? null;
  } catch {
    return null;
  }
}
