import type { PingInput } from '../workflows/contract-alerts.ts';
import { addressOf, post } from './post.ts';
import type { Work } from './work.ts';

/** Watchers keep the first bytes of what they are told; ours is short enough for all that are known. */
const longestText = 10_000;

/** Seconds: the run that is told of waits for it. */
const patience = 6;

const endings = { start: '/start', success: '', failure: '/fail' };

/**
 * Tells a watcher outside how far a run is, in the manner of Healthchecks: the address for success, `/start` and
 * `/fail` below it for the rest, the run in `rid`, what became of it as the body.
 *
 * @throws HoldfastError that names the host at most
 */
export async function ping(work: Work, { ping: { url: ref }, what, runId, text }: PingInput): Promise<void> {
  const url = await addressOf(work, 'the ping', ref);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${endings[what]}`;
  url.searchParams.set('rid', runId);
  const body = Buffer.from(text).subarray(-longestText).toString();
  await post(
    { name: 'the ping', url, body, patience, headers: { 'content-type': 'text/plain; charset=utf-8' } },
    work.signal,
  );
}
