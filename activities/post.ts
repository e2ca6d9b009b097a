import { type ErrorCode, HoldfastError } from '../policy/errors.ts';
import { isThisHost } from '../policy/hosts.ts';
import type { UrlRef } from '../policy/resolved-proof.ts';
import { placeOf } from '../process/index.ts';
import type { Work } from './work.ts';

const mostRedirects = 3;

export type Posting = {
  /** Who is told, for errors: `channel ops`. Never the URL, which may be a secret as a whole (law 7). */
  name: string;
  url: URL;
  headers: Record<string, string>;
  body: string;
  /** Seconds for it all, redirects included. */
  patience: number;
};

/**
 * The address that a policy names or a worker finds.
 *
 * @throws HoldfastError `bad-key` when what a worker finds is no address; `refused` for plain http to another host
 */
export async function addressOf(work: Work, name: string, ref: UrlRef): Promise<URL> {
  const text = 'url' in ref ? ref.url : (await work.secret(ref)).trim();
  const where = 'url' in ref ? 'the policy' : placeOf(ref);
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new HoldfastError('bad-key', `What ${where} has for ${name} is no https address.`, {
      hint: 'Put the whole URL there, alone.',
    });
  const url = new URL(text);
  if (url.protocol === 'http:' && !isThisHost(url.hostname))
    throw new HoldfastError('refused', `The address of ${name} is plain http, to ${url.hostname}.`, {
      hint: 'Use https: what goes over plain http can be read and changed on its way.',
    });
  return url;
}

/**
 * Posts, and follows redirects that repeat the request and stay on https.
 *
 * @throws HoldfastError that names the host at most: `unreachable`, `stalled` or `service-unavailable` when it may work
 *   later, else `authentication-failed`, `not-found` or `refused`
 */
export async function post(
  { name, url, headers, body, patience }: Posting,
  signal: AbortSignal,
): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patience * 1000)]);
  let target = url;
  for (let hops = 0; ; hops += 1) {
    const response = await request({ name, url: target, headers, body, patience }, limit, signal);
    await response.body?.cancel().catch(() => undefined);
    if (response.ok) return;
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null)
      throw refusal(name, target.hostname, response.status);
    target = nextTarget(name, target, { location, status: response.status, hops });
  }
}

async function request(
  { name, url, headers, body, patience }: Posting,
  limit: AbortSignal,
  signal: AbortSignal,
): Promise<Response> {
  try {
    // A user or a password in a URL is refused by fetch, with the URL in its message.
    const { username, password } = url;
    const bare = new URL(url);
    bare.username = '';
    bare.password = '';
    const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
    return await fetch(bare, {
      method: 'POST',
      body,
      redirect: 'manual',
      signal: limit,
      headers: {
        'user-agent': 'Holdfast',
        ...headers,
        ...(username === '' && password === '' ? {} : { authorization: `Basic ${login.toString('base64')}` }),
      },
    });
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted)
      throw new HoldfastError(
        'stalled',
        `${url.hostname} did not answer ${name} within ${patience} seconds.`,
      );
    throw new HoldfastError('unreachable', `${name} could not reach ${url.hostname}: ${faultOf(error)}.`);
  }
}

/** Where a redirect leads. Only 307 and 308 repeat a POST; what follows any other sends no message. */
function nextTarget(
  name: string,
  from: URL,
  { location, status, hops }: { location: string; status: number; hops: number },
): URL {
  const base = { hint: 'Set the address that it leads to.' };
  if ((status !== 307 && status !== 308) || hops >= mostRedirects || !URL.canParse(location, from.href))
    throw new HoldfastError('refused', `${from.hostname} sends ${name} elsewhere (${status}).`, base);
  const next = new URL(location, from);
  if (next.protocol !== from.protocol && next.protocol !== 'https:')
    throw new HoldfastError(
      'refused',
      `${from.hostname} sends ${name} to ${next.hostname} without encryption.`,
      base,
    );
  if (next.host !== from.host && next.protocol !== 'https:')
    throw new HoldfastError(
      'refused',
      `${from.hostname} sends ${name} to another host without encryption.`,
      base,
    );
  return next;
}

const later: ReadonlySet<number> = new Set([408, 425, 429]);

const codes: Record<number, ErrorCode> = {
  401: 'authentication-failed',
  403: 'authentication-failed',
  404: 'not-found',
  410: 'not-found',
};

function refusal(name: string, host: string, status: number): HoldfastError {
  if (status >= 500 || later.has(status))
    return new HoldfastError('service-unavailable', `${host} can't take what ${name} sends now (${status}).`);
  return new HoldfastError(codes[status] ?? 'refused', `${host} refuses what ${name} sends (${status}).`, {
    hint: 'Check the address and its token.',
  });
}

/** A system's code, or the kind of fault: messages of fetch may hold the URL. */
export function faultOf(error: unknown): string {
  for (let each = error, depth = 0; typeof each === 'object' && each !== null && depth < 4; depth += 1) {
    if ('code' in each && typeof each.code === 'string') return each.code;
    each = 'cause' in each ? each.cause : null;
  }
  return 'the request failed';
}
