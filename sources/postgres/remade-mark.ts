const format = 'holdfast-refresh/1';

/** The comment of a database that a refresh has made, and may therefore make anew. */
export const remadeText = (made: { refresh: string; backup: string; at: string }): string =>
  `${format} ${JSON.stringify(made)}`;

/** Whether a refresh has made a database; only such a one is ever replaced by a refresh. */
export const isRemade = (comment: string | null): boolean => comment?.startsWith(`${format} `) === true;
