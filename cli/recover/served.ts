import { once } from 'node:events';
import { connect } from 'node:net';
import type { RecoveryState } from './state.ts';

const patience = 2000;

/**
 * Whether the process that served a recovery last serves it still. After a restart of the machine another one may have its
 * number, and another its port: both at once is no chance.
 */
export async function isServed({ pid, port }: RecoveryState['served']): Promise<boolean> {
  return isAlive(pid) && (await answers(port));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EPERM';
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(patience) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
