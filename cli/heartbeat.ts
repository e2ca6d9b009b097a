import type { WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { formatBytes, formatDuration } from '../policy/units.ts';

/** What a running activity last told: the contract's StreamProgress, as far as it is there. */
export type Heartbeat = {
  phase: string;
  bytes: number;
  bytesPerSecond: number;
  elapsed: number;
  /** How a person reaches a scratch place that is kept. */
  connect: string | null;
};

/** The newest heartbeat of a run's activities; null when none tells how far it is. */
export function heartbeatOf(description: WorkflowExecutionDescription): Heartbeat | null {
  for (const activity of description.raw.pendingActivities ?? []) {
    const [payload] = activity.heartbeatDetails?.payloads ?? [];
    if (payload === undefined) continue;
    const value: unknown = defaultPayloadConverter.fromPayload(payload);
    if (isTold(value))
      return {
        ...value,
        connect: 'connect' in value && typeof value.connect === 'string' ? value.connect : null,
      };
  }
  return null;
}

/** A heartbeat in one line: `dumping  368 MiB  24 MiB/s  15s`; without sizes for work that has none. */
export function heartbeatText({ phase, bytes, bytesPerSecond, elapsed }: Heartbeat): string {
  if (bytes === 0) return `${phase}  ${formatDuration(elapsed)}`;
  return `${phase}  ${formatBytes(bytes)}  ${formatBytes(bytesPerSecond)}/s  ${formatDuration(elapsed)}`;
}

function isTold(value: unknown): value is Omit<Heartbeat, 'connect'> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'phase' in value &&
    typeof value.phase === 'string' &&
    'bytes' in value &&
    typeof value.bytes === 'number' &&
    'bytesPerSecond' in value &&
    typeof value.bytesPerSecond === 'number' &&
    'elapsed' in value &&
    typeof value.elapsed === 'number'
  );
}
