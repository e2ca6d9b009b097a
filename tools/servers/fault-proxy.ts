import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What goes wrong with a request. */
export type FaultAction =
  /** Answers by itself, once `after` has come to pass. */
  | { do: 'answer'; status: number; body?: string; after?: Promise<unknown> }
  | { do: 'delay'; milliseconds: number }
  /** Takes the request and never answers. */
  | { do: 'hang' }
  | { do: 'reset' }
  /** Breaks both sides after so many bytes of the request's body. */
  | { do: 'cut-upload'; afterBytes: number }
  /** Breaks the client's side after so many bytes of the answer's body. */
  | { do: 'cut-download'; afterBytes: number }
  /** Goes silent after so many bytes of the answer's body. */
  | { do: 'stall-download'; afterBytes: number }
  /** Lets the server do it, then breaks the connection instead of giving its answer. */
  | { do: 'swallow' }
  /** Passes the server's answer on with these headers in place of its own. */
  | { do: 'set-headers'; headers: Record<string, string> };

export type FaultRule = {
  method?: string;
  path?: RegExp;
  /** The query: a name with what its value must match. */
  query?: Record<string, RegExp>;
  headers?: Record<string, RegExp>;
  /** Lets so many matching requests pass first. */
  skip?: number;
  /** Applies so many times, 1 when absent. */
  times?: number;
  action: FaultAction;
};

export type FaultProxy = {
  endpoint: string;
  /** Adds a rule; the first that matches and is not used up applies. `hits` counts. */
  add(rule: FaultRule): { hits(): number };
  /** Forgets all rules, and breaks the connections of requests that hang. */
  clear(): void;
  /** Requests seen, as `METHOD /path?query`. */
  log: string[];
  stop(): Promise<void>;
};

type ActiveRule = FaultRule & { seen: number; hits: number };

/** Starts a proxy on 127.0.0.1 in front of an HTTP server. The Host header passes unchanged, so signatures stay valid. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const rules: ActiveRule[] = [];
  const log: string[] = [];
  const held = new Set<NodeJS.Timeout>();
  const hanging = new Set<Socket>();
  const server = createServer((incoming, outgoing) => {
    log.push(`${incoming.method} ${incoming.url}`);
    const action = actionFor(rules, incoming);
    incoming.on('error', () => undefined);
    outgoing.on('error', () => undefined);
    if (action?.do === 'delay') {
      const timer = setTimeout(() => {
        held.delete(timer);
        forward(target, incoming, outgoing, undefined);
      }, action.milliseconds);
      held.add(timer);
    } else if (action?.do === 'hang') {
      // Not until the request's own `close`: that comes once its body is read, and nobody would ever break it off.
      const { socket } = incoming.resume();
      hanging.add(socket);
      socket.once('close', () => hanging.delete(socket));
    } else handle(target, incoming, outgoing, action);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${portOf(server.address())}`,
    add(rule) {
      const active = { ...rule, seen: 0, hits: 0 };
      rules.push(active);
      return { hits: () => active.hits };
    },
    clear() {
      rules.length = 0;
      for (const socket of hanging) socket.resetAndDestroy();
      hanging.clear();
    },
    log,
    async stop() {
      for (const timer of held) clearTimeout(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return address.port;
}

function actionFor(rules: ActiveRule[], incoming: IncomingMessage): FaultAction | undefined {
  for (const rule of rules) {
    if (!matches(rule, incoming)) continue;
    rule.seen += 1;
    if (rule.seen <= (rule.skip ?? 0) || rule.hits >= (rule.times ?? 1)) continue;
    rule.hits += 1;
    return rule.action;
  }
  return undefined;
}

function matches(rule: FaultRule, incoming: IncomingMessage): boolean {
  const url = new URL(incoming.url ?? '/', 'http://proxy');
  if (rule.method !== undefined && rule.method !== incoming.method) return false;
  if (rule.path !== undefined && !rule.path.test(url.pathname)) return false;
  for (const [name, pattern] of Object.entries(rule.query ?? {})) {
    const value = url.searchParams.get(name);
    if (value === null || !pattern.test(value)) return false;
  }
  return Object.entries(rule.headers ?? {}).every(([name, pattern]) =>
    pattern.test(String(incoming.headers[name] ?? '')),
  );
}

function handle(
  target: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  action: FaultAction | undefined,
): void {
  switch (action?.do) {
    case 'answer':
      // Read to the end first: an answer before that may reach the client as a broken pipe.
      incoming
        .on('end', async () => {
          await action.after;
          outgoing.writeHead(action.status).end(action.body ?? '');
        })
        .resume();
      return;
    case 'reset':
      incoming.socket.resetAndDestroy();
      return;
    default:
      forward(target, incoming, outgoing, action);
  }
}

function forward(
  target: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  action: FaultAction | undefined,
): void {
  const upstream = request(new URL(incoming.url ?? '/', target), {
    method: incoming.method ?? 'GET',
    headers: incoming.headers,
    agent: false,
  });
  upstream.on('error', () => outgoing.destroy());
  outgoing.on('close', () => upstream.destroy());
  upstream.on('response', (answer) => relay(answer, incoming, outgoing, action));
  if (action?.do === 'cut-upload') cutUpload(incoming, upstream, action.afterBytes);
  else incoming.pipe(upstream);
}

function cutUpload(incoming: IncomingMessage, upstream: ClientRequest, afterBytes: number): void {
  let passed = 0;
  incoming.on('data', (chunk: Buffer) => {
    passed += chunk.length;
    if (passed <= afterBytes) upstream.write(chunk);
    else {
      upstream.destroy();
      incoming.socket.resetAndDestroy();
    }
  });
}

function relay(
  answer: IncomingMessage,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  action: FaultAction | undefined,
): void {
  answer.on('error', () => outgoing.destroy());
  if (action?.do === 'swallow') {
    answer.on('end', () => incoming.socket.resetAndDestroy()).resume();
    return;
  }
  const changed = action?.do === 'set-headers' ? action.headers : {};
  outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...changed });
  if (action?.do !== 'cut-download' && action?.do !== 'stall-download') {
    answer.pipe(outgoing);
    return;
  }
  let passed = 0;
  answer.on('data', (chunk: Buffer) => {
    const room = Math.max(0, action.afterBytes - passed);
    passed += chunk.length;
    if (room > 0) outgoing.write(chunk.subarray(0, room));
    if (passed >= action.afterBytes && action.do === 'cut-download')
      outgoing.write('', () => incoming.socket.resetAndDestroy());
  });
}
