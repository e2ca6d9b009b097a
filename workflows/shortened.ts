const ellipsis = '…';

/**
 * A text that fits into so many UTF-16 units: one that is longer ends after a word, with an ellipsis, and never within a
 * character. Pure.
 */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const room = text.slice(0, most);
  const words = room.replace(/\s+\S*$/, '');
  // Of one long word little would be left.
  if (words.length < room.length && words.length * 2 >= most) return `${words}${ellipsis}`;
  return `${room.slice(0, -1).replace(/[\uD800-\uDBFF]$/, '')}${ellipsis}`;
}
