import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResolvedCommunication } from '../../policy/resolved-communication.ts';
import type { ResolvedRunbook, ResolvedStep } from '../../policy/resolved-failover.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { FailoverInput } from '../../workflows/contract-failover.ts';
import type { Failover } from './failovers.ts';
import { message, plan, speakers } from './messages.ts';
import { makeCertificate, type Postbox, type Receiver, startPostbox, startReceiver } from './receivers.ts';
import { failoverInput, runbook } from './runbooks.ts';
import { openSkipping, type Skipping } from './skipping.ts';

type Changes = Partial<FailoverInput> & { book?: Partial<ResolvedRunbook> };

/** Runs that tell people things, and real receivers of what they tell: `status` for customers, `rehearsal`, `authority` by mail. */
export type Telling = {
  directory: string;
  skipping: Skipping;
  customers: Receiver;
  rehearsal: Receiver;
  post: Postbox;
  channels: ResolvedCommunication['rules'];
  /** Starts a runbook of its own name, `told-1` at first. */
  start(steps: ResolvedStep[], changes?: Changes): Promise<Failover>;
  /** The name of the runbook that was started last. */
  last(): string;
  /** Forgets what was received, and answers well. */
  forget(): void;
  close(): Promise<void>;
};

export async function openTelling(): Promise<Telling> {
  const directory = await mkdtemp(join(tmpdir(), 'hf-tell-'));
  const [skipping, customers, rehearsal, post] = await Promise.all([
    openSkipping(['ams']),
    startReceiver(),
    startReceiver(),
    makeCertificate(directory).then((certificate) => startPostbox('none', certificate)),
  ]);
  const { port } = post;
  const channels: Telling['channels'] = {
    mail: { host: '127.0.0.1', port, security: 'none', from: 'holdfast@example.org' },
    channels: [
      { name: 'status', kind: 'webhook', url: { url: customers.url } },
      { name: 'rehearsal', kind: 'slack', url: { url: rehearsal.url } },
      { name: 'authority', kind: 'email', to: ['authority@example.org', 'gone@example.org'] },
    ],
  };
  const messages = [message('news'), message('progress', { text: `\${note}` })];
  let count = 0;
  return {
    ...{ directory, skipping, customers, rehearsal, post, channels },
    start: async (steps, { book = {}, ...changes } = {}) => {
      count += 1;
      const communication = plan(messages, channels);
      const named = runbook(steps, { name: `told-${count}`, communication, ...book });
      const kind = (changes.mode ?? 'real') === 'real' ? 'failover' : 'drill';
      return skipping.environment.client.workflow.start<Workflows['failover']>(workflowTypes.failover, {
        workflowId: `${kind}/${named.name}`,
        taskQueue: taskQueueOf('ams'),
        args: [failoverInput(named, { people: speakers, ...changes })],
      });
    },
    last: () => `told-${count}`,
    forget: () => {
      customers.received.length = 0;
      rehearsal.received.length = 0;
      post.mails.length = 0;
      customers.answer((response) => response.end('ok'));
    },
    close: async () => {
      await skipping.close();
      await Promise.all([customers.down(), rehearsal.down(), post.down()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
