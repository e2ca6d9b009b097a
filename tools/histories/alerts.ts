import { once } from 'node:events';
import { createServer } from 'node:http';
import type { WorkflowHandle } from '@temporalio/client';
import type { AuditTarget, ResolvedPlan } from '../../policy/resolved.ts';
import type { NotificationRules } from '../../policy/resolved-proof.ts';
import { taskQueueOf } from '../../workflows/contract.ts';
import {
  type AlertFinding,
  type AlertsInput,
  type AlertsState,
  alertsQuery,
  announceSignal,
  observeSignal,
  rulesSignal,
  testUpdate,
} from '../../workflows/contract-alerts.ts';
import type { RetentionInput } from '../../workflows/contract-retention.ts';
import { eventually } from '../servers/index.ts';
import { keepingFew } from './retention.ts';

type Recorded = { name: string; input: AlertsInput; meanwhile: (handle: WorkflowHandle) => Promise<void> };

/** A server that takes every message but those to `/away`. */
export async function startListener(): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    response.writeHead(request.url?.startsWith('/away') ? 503 : 200).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/**
 * Alerts that open, are told, repeated, escalated and closed, to a channel that works and one that doesn't; and what the
 * run in another zone makes of those that are handed to it.
 */
export function recordedAlerts(url: string, audit: AuditTarget): Recorded[] {
  const input: AlertsInput = { rules: rulesOf(url), organization: 'Example BV', audit };
  return [
    {
      name: 'alerts',
      input,
      meanwhile: async (handle) => {
        await handle.signal(observeSignal, observed(0, [finding('shop'), finding('crm')]));
        await handle.signal(announceSignal, {
          at: new Date().toISOString(),
          severity: 'info',
          subject: 'safe',
          sentence: 'Please attach safe.',
        });
        await reaching(handle, ({ open, undelivered }) => open.length === 2 && undelivered.length === 1);
        await handle.executeUpdate(testUpdate, { args: [{ rules: input.rules, channels: ['ops', 'away'] }] });
        await reaching(handle, ({ open }) => open.every(({ level }) => level === 1));
        await handle.signal(observeSignal, observed(1, [finding('shop')]));
        await handle.signal(rulesSignal, { ...input, rules: { ...input.rules, routes: [] } });
        await reaching(handle, ({ closed, undelivered }) => closed.length === 1 && undelivered.length === 1);
        await handle.terminate('recorded');
      },
    },
    {
      name: 'alerts-moved',
      input,
      meanwhile: async (handle) => {
        await handle.signal(observeSignal, observed(0, [finding('shop')]));
        await handle.signal(rulesSignal, { ...input, zone: 'ams' });
        await eventually(async () => {
          const { taskQueue } = await handle.client.getHandle(handle.workflowId).describe();
          if (taskQueue !== taskQueueOf('ams')) throw new Error(`it is in ${taskQueue}`);
        }, 60);
        const moved = handle.client.getHandle(handle.workflowId);
        await reaching(moved, ({ open }) => open.every(({ notifiedAt }) => notifiedAt !== null));
        await moved.terminate('recorded');
      },
    },
  ];
}

function rulesOf(url: string): NotificationRules {
  const channels = ['ops', 'away', 'boss'].map((name) => ({
    name,
    kind: 'webhook' as const,
    url: { url: `${url}/${name}` },
  }));
  const escalate = [{ after: 12, to: ['boss'] }];
  return {
    channels,
    routes: [{ severities: ['critical', 'warning', 'info'], to: ['ops', 'away'], repeat: 15, escalate }],
  };
}

const finding = (subject: string): AlertFinding => ({
  kind: 'no-backup',
  subject,
  severity: 'critical',
  sentence: `${subject} has no backup.`,
});

const observed = (seconds: number, findings: AlertFinding[]) => ({
  observer: 'health',
  at: new Date(Date.now() + seconds).toISOString(),
  findings,
});

function reaching(
  handle: Pick<WorkflowHandle, 'query'>,
  reached: (state: AlertsState) => boolean,
): Promise<void> {
  return eventually(async () => {
    const state = await handle.query<AlertsState>(alertsQuery);
    if (!reached(state)) throw new Error(`the alerts are ${JSON.stringify(state)}`);
  }, 120);
}

/** The plan with somebody who watches over it. */
export function watchedPlan(plan: ResolvedPlan, url: string): ResolvedPlan {
  return { ...plan, alertZone: 'fra', ping: { url: { url: `${url}/watcher` } } };
}

/** Runs of retention that tell the alerts: one that does its work, and one that can't. */
export function watchedRetentions(plan: ResolvedPlan): { name: string; input: RetentionInput }[] {
  const input: RetentionInput = { plan: { ...keepingFew(plan), alertZone: 'fra' }, mode: 'run' };
  return [
    { name: 'retention-watched', input },
    { name: 'retention-watched-failed', input: { ...input, expect: '0'.repeat(64) } },
  ];
}
