import { afterEach, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { startTemporal, type TemporalServer, testServerPath } from '../../../tools/servers/index.ts';

const running: TemporalServer[] = [];
const start = async (...options: Parameters<typeof startTemporal>) => {
  const server = await startTemporal(...options);
  running.push(server);
  return server;
};
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

const withClient = async <T>({ address }: TemporalServer, work: (client: Client) => Promise<T>) => {
  const connection = await Connection.connect({ address });
  try {
    return await work(new Client({ connection }));
  } finally {
    await connection.close();
  }
};

const namespaces = async (address: string) => {
  const connection = await Connection.connect({ address });
  const { namespaces: all } = await connection.workflowService.listNamespaces({});
  await connection.close();
  return all.map(({ namespaceInfo }) => namespaceInfo?.name);
};

describe('startTemporal', () => {
  it('has the namespace asked for and a Web UI, beside another server', async () => {
    const [one, two] = await Promise.all([start({ namespace: 'one' }), start({ namespace: 'two' })]);
    expect(await namespaces(one.address)).toContain('one');
    expect(await namespaces(two.address)).not.toContain('one');
    expect((await fetch(one.uiUrl)).status).toBe(200);
  });

  it('keeps its state through a kill and a restart', async () => {
    const server = await start();
    const workflow = { taskQueue: 'nobody', workflowId: 'started-before' };
    await withClient(server, (client) => client.workflow.start('unknown', workflow));
    await server.kill();
    await server.restart();
    const found = await withClient(server, (client) =>
      client.workflow.getHandle('started-before').describe(),
    );
    expect(found.status.name).toBe('RUNNING');
  });
});

describe('testServerPath', () => {
  it('is a time-skipping server', async () => {
    const environment = await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path: testServerPath() } },
    });
    try {
      const before = await environment.currentTimeMs();
      await environment.sleep('24h');
      expect((await environment.currentTimeMs()) - before).toBeGreaterThanOrEqual(86_400_000);
    } finally {
      await environment.teardown();
    }
  });
});
