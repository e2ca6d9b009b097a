import type { Severity } from '../policy/resolved-proof.ts';
import { rankOf, worstOf } from './alert-routes.ts';
import { factsOf } from './alert-state.ts';
import type { Delivery } from './alert-times.ts';
import { voicesOf } from './alert-topics.ts';
import type { AlertsMemory, NewsFacts, NewsState, NotifyInput } from './contract-alerts.ts';
import { shortened } from './shortened.ts';

/** How many alerts one message tells in full. */
const toldInFull = 50;

type Told = NewsFacts & { state: NewsState };

/** What a message says; the worst first. Pure. */
export function messageOf(
  memory: AlertsMemory,
  { news, dropped }: Delivery,
  organization: string | undefined,
): Pick<NotifyInput, 'title' | 'text' | 'severity' | 'alerts' | 'more'> {
  const open = voicesOf(memory.open);
  const all = news
    .flatMap(({ key, state, over }): Told[] => {
      const alert = open.get(key);
      if (over !== undefined) return [{ ...over, state }];
      return alert === undefined ? [] : [{ ...factsOf(alert), state }];
    })
    .sort(worstFirst);
  const severity = worstOf(all.filter(({ state }) => state !== 'closed').map((told) => told.severity));
  const alerts = all.slice(0, toldInFull);
  const more = all.length - alerts.length + dropped;
  const title = `[Holdfast${organization === undefined ? '' : ` ${organization}`}] ${subjectOf(all, dropped, severity)}`;
  const text = [
    ...alerts.flatMap(linesOf),
    ...(more > 0 ? [`… and ${more} more.`, ''] : []),
    '`holdfast alerts` lists what is open.',
  ].join('\n');
  return { title: shortened(oneLine(title), 200), text, severity, alerts, more };
}

const order: Record<NewsState, number> = {
  opened: 0,
  escalated: 0,
  'still-open': 1,
  announced: 1,
  closed: 2,
};

/** What is closed comes last, however bad it was. */
function worstFirst(a: Told, b: Told): number {
  const over = Number(a.state === 'closed') - Number(b.state === 'closed');
  return (
    over ||
    rankOf(b.severity) - rankOf(a.severity) ||
    order[a.state] - order[b.state] ||
    (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0)
  );
}

const words: Record<NewsState, string> = {
  opened: 'opened',
  escalated: 'escalated',
  'still-open': 'still open',
  announced: 'announced',
  closed: 'closed',
};

function subjectOf(all: readonly Told[], dropped: number, severity: Severity): string {
  const [first] = all;
  if (first !== undefined && all.length === 1 && dropped === 0) {
    if (first.state === 'closed') return `closed: ${first.kind} ${first.subject}`;
    const what = first.state === 'announced' ? first.subject : `${first.kind} ${first.subject}`;
    const how = first.state === 'still-open' || first.state === 'escalated' ? ` (${words[first.state]})` : '';
    return `${severity}: ${what}${how}`;
  }
  const counts = Object.entries(words).flatMap(([state, word]) => {
    const count = all.filter((told) => told.state === state).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  const sum = all.length + dropped;
  const worst = all.every(({ state }) => state === 'closed') ? '' : `${severity}: `;
  return `${worst}${sum} alerts, ${counts.join(', ')}`;
}

function linesOf({ state, kind, subject, severity, sentence, since, returned }: Told): string[] {
  const times = returned === undefined ? '' : `, came back ${returned}×`;
  const head =
    state === 'announced'
      ? `${severity.toUpperCase()}  ${subject}`
      : `${state === 'closed' ? 'CLOSED' : severity.toUpperCase()}  ${kind}  ${subject}  (${words[state]}, since ${since}${times})`;
  return [oneLine(head), `    ${oneLine(sentence)}`, ''];
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
