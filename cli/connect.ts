import { Client, Connection } from '@temporalio/client';
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import { HoldfastError } from '../policy/errors.ts';
import { temporalError } from '../schedules/index.ts';

export type Temporal = { client: Client; connection: Connection; address: string; namespace: string };

/**
 * How to reach Temporal, by the ecosystem's own settings: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY,
 * TLS, and profiles in temporal.toml.
 *
 * @throws HoldfastError `bad-usage` when the settings can't be read.
 */
export function temporalSettings(env: Record<string, string | undefined>): ClientConnectConfig & {
  address: string;
  namespace: string;
} {
  const set = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  try {
    const config = loadClientConnectConfig({ overrideEnvVars: set });
    return {
      ...config,
      address: config.connectionOptions.address ?? 'localhost:7233',
      namespace: config.namespace ?? 'default',
    };
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new HoldfastError('bad-usage', `The settings for Temporal can't be read: ${detail}`, {
      hint: 'Check the TEMPORAL_ variables and the file that TEMPORAL_CONFIG_FILE names.',
      cause,
    });
  }
}

/**
 * Connects to Temporal within ten seconds.
 *
 * @throws HoldfastError `unreachable` when no server answers; `authentication-failed`, `access-denied` and
 *   `not-found` when it does and refuses us or lacks the namespace.
 */
export async function connectTemporal(env: Record<string, string | undefined>): Promise<Temporal> {
  const { connectionOptions, address, namespace } = temporalSettings(env);
  let connection: Connection;
  try {
    connection = await Connection.connect({ ...connectionOptions, connectTimeout: '10s' });
  } catch (cause) {
    throw unreachable(address, cause);
  }
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    await connection.close();
    throw temporalError(error, `Using the namespace ${namespace} at ${address}`);
  }
  return { client: new Client({ connection, namespace }), connection, address, namespace };
}

/** What to do when no server answers. */
export function unreachable(address: string, cause: unknown): HoldfastError {
  return new HoldfastError('unreachable', `No Temporal server answers at ${address}.`, {
    hint: 'Start one with `holdfast dev`, or set TEMPORAL_ADDRESS.',
    cause,
  });
}
