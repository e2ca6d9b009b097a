import type { AlertsMemory } from './contract-alerts.ts';
import { shortened } from './shortened.ts';

/** Temporal takes 2 MB for what one run hands to the next, the rules among it, and ends a run that wants more. */
const mostBytes = 1_600_000;

/** The memory, cut to what can be handed on: sentences first, then what is over. Open alerts stay, all of them. Pure. */
export function fitted(memory: AlertsMemory, limit = mostBytes): AlertsMemory {
  const cuts: ((from: AlertsMemory) => AlertsMemory)[] = [
    (from) => shorter(from, 150),
    ({ channels, ...from }) => ({
      ...from,
      closed: [],
      heard: [],
      unrecorded: [],
      channels: Object.fromEntries(
        Object.entries(channels).map(([name, { news, dropped, ...channel }]) => {
          const open = news.filter(({ over }) => over === undefined);
          return [name, { ...channel, news: open, dropped: dropped + news.length - open.length }];
        }),
      ),
    }),
    (from) => shorter(from, 20),
  ];
  let kept = memory;
  for (const cut of cuts) {
    if (bytesOf(JSON.stringify(kept)) <= limit) break;
    kept = cut(kept);
  }
  return kept;
}

function shorter(memory: AlertsMemory, length: number): AlertsMemory {
  return {
    ...memory,
    open: memory.open.map((alert) => ({ ...alert, sentence: shortened(alert.sentence, length) })),
    closed: memory.closed.map((alert) => ({ ...alert, sentence: shortened(alert.sentence, length) })),
  };
}

/** In UTF-8. */
function bytesOf(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // A pair of surrogates is four bytes, and each of the two counts for two of them.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
