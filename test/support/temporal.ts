import { Client, Connection } from '@temporalio/client';
import { startTemporal } from '../../tools/servers/index.ts';

/** A Temporal server of its own with a client; `stop` ends both. */
export async function startTestTemporal(): Promise<{
  client: Client;
  connection: Connection;
  address: string;
  stop(): Promise<void>;
}> {
  const server = await startTemporal();
  const connection = await Connection.connect({ address: server.address });
  const client = new Client({ connection, namespace: server.namespace });
  const stop = async () => {
    await connection.close();
    await server.stop();
  };
  return { client, connection, address: server.address, stop };
}
