import { z } from 'zod';

const format = 'holdfast-scratch/1';

/** A name that a scratch database may have; no other database is ever taken for one. */
const nameForm = /^holdfast_[0-9a-f]{8}_/;

const markSchema = z.object({
  /** The run that it was made for. */
  workflowId: z.string(),
  /** From this instant on anybody may remove it. */
  until: z.iso.datetime(),
});

/** What the comment of a scratch database says: whose it is, and how long it is wanted. */
export type ScratchMark = z.infer<typeof markSchema>;

/** The comment that makes a database one of ours. */
export const markText = ({ workflowId, until }: ScratchMark): string =>
  `${format} ${JSON.stringify({ workflowId, until })}`;

/** The mark of a database; null where it is not a scratch database of ours, whatever its name says. */
export function readMark(name: string, comment: string | null): ScratchMark | null {
  if (!nameForm.test(name) || comment === null || !comment.startsWith(`${format} `)) return null;
  try {
    return markSchema.safeParse(JSON.parse(comment.slice(format.length + 1))).data ?? null;
  } catch {
    return null;
  }
}

/** PostgreSQL cuts names off after so many bytes. */
const longestName = 63;

/** The beginning of a text, cut between characters so that name and `ending` are no longer than PostgreSQL allows. */
export function databaseName(start: string, ending = ''): string {
  let name = '';
  for (const character of start) {
    if (Buffer.byteLength(name + character + ending) > longestName) break;
    name += character;
  }
  return name + ending;
}
