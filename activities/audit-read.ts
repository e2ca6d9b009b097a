import { type Link, linksBack, zonesWithChains } from '../repository/audit/index.ts';
import type { Store } from '../repository/store.ts';
import type { AuditFilter, AuditInput, AuditLine, AuditResult } from '../workflows/contract-audit.ts';
import { withRepository } from './repositories.ts';
import type { Work } from './work.ts';

/** How far the clocks of workers may differ, in milliseconds: how much further back is looked for what is asked. */
const clockSlack = 3_600_000;

/** Unreadable entries beyond so many are not named. */
const unreadableNamed = 100;

/** Reads the audit log newest first, all zones together, until it has as many entries as are asked for. */
export async function readAudit(work: Work, { target, filter, limit }: AuditInput): Promise<AuditResult> {
  const { signal } = work;
  return withRepository(target.repository, signal, async (store) => {
    const zones = filter.zone === undefined ? await zonesWithChains(store, [], signal) : [filter.zone];
    const result: AuditResult = { entries: [], more: false, unreadable: [] };
    const started = Date.now();
    let read = 0;
    for await (const { zone, link } of newestFirst(store, zones, filter, signal)) {
      read += 1;
      if (read % 1000 === 0)
        work.report({
          phase: `reading the audit log, ${read.toLocaleString('en')} entries`,
          bytes: 0,
          bytesPerSecond: 0,
          elapsed: (Date.now() - started) / 1000,
        });
      const line = lineOf(zone, link);
      if (line === null) {
        if (result.unreadable.length < unreadableNamed) result.unreadable.push({ zone, seq: link.number });
      } else if (matches(line, filter)) {
        result.more = result.entries.length === limit;
        if (result.more) break;
        result.entries.push(line);
      }
    }
    return result;
  });
}

/** Merges the chains of several zones by the time at which their entries were written. */
export async function* newestFirst(
  store: Store,
  zones: readonly string[],
  filter: AuditFilter,
  signal: AbortSignal,
): AsyncGenerator<{ zone: string; link: Link }> {
  const until = filter.since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(filter.since) - clockSlack;
  const chains = zones.map((zone) => ({ zone, links: linksBack(store, zone, signal) }));
  try {
    const heads = await Promise.all(
      chains.map(async (chain) => ({ ...chain, next: await chain.links.next() })),
    );
    for (;;) {
      const open = heads.filter(({ next }) => next.done !== true);
      const [newest] = open.sort((a, b) => writtenAt(b.next.value) - writtenAt(a.next.value));
      if (newest === undefined || newest.next.done === true) return;
      if (writtenAt(newest.next.value) < until) return;
      yield { zone: newest.zone, link: newest.next.value };
      newest.next = await newest.links.next();
    }
  } finally {
    await Promise.all(chains.map(({ links }) => links.return(undefined)));
  }
}

/** What can't be read comes first, so that it is told and ends nothing. */
const writtenAt = (link: Link | undefined): number =>
  link?.entry ? Date.parse(link.entry.recordedAt) : Number.POSITIVE_INFINITY;

export function lineOf(zone: string, { number, entry }: Link): AuditLine | null {
  if (entry === null) return null;
  const { person, reason, hash, facts, ...event } = entry.event;
  return {
    zone,
    seq: number,
    recordedAt: entry.recordedAt,
    worker: entry.worker,
    ...event,
    ...(person === undefined ? {} : { person }),
    ...(reason === undefined ? {} : { reason }),
    ...(hash === undefined ? {} : { hash }),
    ...(facts === undefined ? {} : { facts }),
  };
}

function matches(line: AuditLine, { since, action, subject, person }: AuditFilter): boolean {
  return (
    (since === undefined || Date.parse(line.at) >= Date.parse(since)) &&
    (action === undefined || line.action === action || line.action.startsWith(`${action}.`)) &&
    (subject === undefined || line.subject === subject || line.subject.startsWith(`${subject}/`)) &&
    (person === undefined || line.person === person)
  );
}
