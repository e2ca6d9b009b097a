import { once } from 'node:events';
import { createServer } from 'node:http';
import type { WorkflowHandle } from '@temporalio/client';
import type { ResolvedMessage } from '../../policy/resolved-communication.ts';
import type { FailoverInput } from '../../workflows/contract-failover.ts';
import type { RecordedFailover } from './failover.ts';

type Waiting = (
  handle: WorkflowHandle,
  id: string,
  kind: 'approval' | 'deed',
) => Promise<{ hash: string | null }>;

/** A run that tells people: through a channel, approved by two, with a time; and by hand, asked for on the way. */
export async function recordedMessages(
  input: FailoverInput,
  waiting: Waiting,
  step: (id: string, message: ResolvedMessage) => FailoverInput['runbook']['steps'][number],
): Promise<RecordedFailover[]> {
  const server = createServer((_request, response) => response.end());
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const message = (name: string, channel: string | null): ResolvedMessage => ({
    ...{ name, audience: 'customers', moment: 'update', role: 'dba', channel },
    ...{ subject: `About \${service}`, text: `Since \${declared}: \${situation}` },
  });
  const begin = { ...message('begin', 'status'), within: 3600 };
  const people = ['dba-3', 'dba-4'].map((name) => ({ name, roles: ['dba'], sshKeys: [] }));
  const disaster = {
    ...{ name: 'site-loss', class: 'critical' as const, say: 'It is dark', runbook: 'told' },
    ...{ severity: 'critical' as const, roles: ['dba'], tell: ['incident-commander'] },
  };
  return [
    {
      name: 'failover-told',
      input: {
        ...input,
        disaster,
        alertZone: 'fra',
        people: [...input.people, ...people],
        runbook: {
          ...input.runbook,
          name: 'told',
          signatures: { real: 'named', drill: 'named' },
          steps: [{ ...step('tell', begin), approvals: 2 }],
          communication: {
            messages: [begin, message('news', null)],
            rules: {
              channels: [{ name: 'status', kind: 'webhook', url: { url: `http://127.0.0.1:${port}` } }],
            },
          },
        },
      },
      meanwhile: async (handle) => {
        const approve = async (id: string, by: string) => {
          const { hash } = await waiting(handle, id, 'approval');
          await handle.executeUpdate('approve', { args: [{ by, step: id, hash }] });
        };
        await waiting(handle, 'tell', 'approval');
        await handle.executeUpdate('communicate', { args: [{ by: 'commander-1', sends: 'news' }] });
        await approve('tell', 'dba-3');
        await approve('tell', 'dba-4');
        const id = 'communicate/news-1';
        await approve(id, 'dba-3');
        await waiting(handle, id, 'deed');
        const seen = { by: 'dba-4', step: id, evidence: 'status page' };
        await handle.executeUpdate('complete', { args: [seen] });
      },
    },
  ];
}
