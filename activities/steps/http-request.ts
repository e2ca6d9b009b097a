import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { faultOf } from '../post.ts';

/** The answer, or in a sentence why there is none. */
export type HttpAnswer = { status: number; body: string } | { fault: string };

const mostRedirects = 3;
const mostBody = 2 ** 20;

type Asking = {
  /** The status that is hoped for: it is not followed even where it is a redirect. */
  status: number;
  /** For it all. */
  seconds: number;
  signal: AbortSignal;
};

/**
 * Asks once, on a connection of its own, with the server's certificate checked. A redirect is followed on the same host
 * alone, and never from https to http: the answer of another host says nothing of this one. Sentences name hosts and no
 * URLs, which may hold secrets (law 7).
 *
 * @throws the signal's reason
 */
export async function ask(url: string, { status, seconds, signal }: Asking): Promise<HttpAnswer> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
  let target = parsed(url);
  if (target === null) return { fault: 'The address of the check is no http or https URL.' };
  for (let hops = 0; ; hops += 1) {
    const { host }: URL = target;
    try {
      const response = await get(target, limit);
      const answered = response.statusCode ?? 0;
      const { location } = response.headers;
      if (answered === status || answered < 300 || answered > 399 || location === undefined)
        return { status: answered, body: await bodyOf(response, limit) };
      response.destroy();
      const next: URL | null = parsed(location, target);
      const elsewhere = next?.hostname !== target.hostname || isWeaker(target, next);
      if (next === null || elsewhere || hops >= mostRedirects)
        return {
          fault: `${host} answers ${answered} and leads to ${next?.host ?? 'nowhere'}: not followed.`,
        };
      target = next;
    } catch (error) {
      signal.throwIfAborted();
      if (limit.aborted) return { fault: `${host} did not answer within ${Math.round(seconds)} seconds.` };
      return { fault: `${host} could not be asked: ${faultOf(error)}.` };
    }
  }
}

function parsed(text: string, base?: URL): URL | null {
  if (!URL.canParse(text, base?.href)) return null;
  const url = new URL(text, base);
  return /^https?:$/.test(url.protocol) ? url : null;
}

const isWeaker = (from: URL, to: URL): boolean => from.protocol === 'https:' && to.protocol !== 'https:';

function get(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const headers = { 'user-agent': 'Holdfast', accept: '*/*', 'accept-encoding': 'identity' };
  const options = { agent: false, signal, headers } as const;
  return new Promise((resolve, reject) => {
    const sent =
      url.protocol === 'https:'
        ? requestTls(url, { ...options, rejectUnauthorized: true }, resolve)
        : requestPlain(url, options, resolve);
    sent.once('error', reject).end();
  });
}

/** The beginning of what it answers. */
async function bodyOf(response: IncomingMessage, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    signal.throwIfAborted();
    const buffer = Buffer.from(chunk);
    chunks.push(buffer);
    bytes += buffer.length;
    if (bytes >= mostBody) break;
  }
  return Buffer.concat(chunks).subarray(0, mostBody).toString('utf8');
}
