import { Connection } from '@temporalio/client';
import { removeDirectory, serverDirectory } from './directory.ts';
import { freePort } from './ports.ts';
import { type RunningServer, startServer } from './server-process.ts';
import { temporalPath } from './toolbox.ts';

export type TemporalOptions = {
  /** Where its state is kept; when absent a temporary file, which `stop` removes. */
  dbFile?: string;
  port?: number;
  uiPort?: number;
  namespace?: string;
  /** Temporal's dynamic configuration, such as when it suggests that a run continues as new. */
  settings?: Record<string, number>;
};

export type TemporalServer = RunningServer & {
  /** host:port, as `TEMPORAL_ADDRESS` takes it. */
  address: string;
  uiUrl: string;
  namespace: string;
};

const searchAttributes = ['HoldfastPlan', 'HoldfastSource', 'HoldfastKind', 'HoldfastResult'];

/** Starts Temporal's development server with its Web UI and Holdfast's search attributes, on 127.0.0.1. */
export async function startTemporal(options: TemporalOptions = {}): Promise<TemporalServer> {
  const home = await serverDirectory();
  const [port, uiPort] = [options.port ?? (await freePort()), options.uiPort ?? (await freePort())];
  const namespace = options.namespace ?? 'default';
  const address = `127.0.0.1:${port}`;
  const server = await startServer(
    {
      name: 'Temporal',
      command: temporalPath(),
      args: [
        ...['server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'error', '--ui-disable-news-fetch'],
        ...['--port', String(port), '--ui-port', String(uiPort), '--namespace', namespace],
        ...['--db-filename', options.dbFile ?? `${home}/temporal.db`],
        ...Object.entries(options.settings ?? {}).flatMap(([name, value]) => [
          '--dynamic-config-value',
          `${name}=${value}`,
        ]),
        ...searchAttributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
      ],
      cwd: home,
      stopSignal: 'SIGTERM',
      ready: () => answers(address, namespace, `http://127.0.0.1:${uiPort}`),
    },
    { dataStays: options.dbFile !== undefined, cleanUp: () => removeDirectory(home) },
  );
  return { ...server, address, uiUrl: `http://127.0.0.1:${uiPort}`, namespace };
}

/** Ready when the Web UI answers, and the namespace has our search attributes and can list workflows by them. */
async function answers(address: string, namespace: string, uiUrl: string): Promise<void> {
  // Asked first: a gRPC connection that was refused waits a second before it tries again.
  const page = await fetch(uiUrl, { signal: AbortSignal.timeout(5000) });
  await page.body?.cancel();
  if (!page.ok) throw new Error(`the Web UI answers ${page.status}`);
  const connection = await Connection.connect({ address, connectTimeout: '2s' });
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = searchAttributes.filter((name) => customAttributes?.[name] === undefined);
    if (missing.length > 0) throw new Error(`no search attribute ${missing.join(', ')} yet`);
    await connection.workflowService.countWorkflowExecutions({ namespace, query: 'HoldfastPlan = "none"' });
  } finally {
    await connection.close();
  }
}
