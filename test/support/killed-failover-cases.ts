import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { ResolvedStep } from '../../policy/resolved-failover.ts';
import { type BindServer, freePort, startBind, startBindResolver } from '../../tools/servers/index.ts';
import { approveStep, say, waiting } from './failovers.ts';
import { counted, endOf, type Hanging, type KilledFailovers } from './killed-failover.ts';
import { kubectlCases } from './killed-failover-kubectl.ts';
import { postgresCases } from './killed-failover-postgres.ts';
import { message, plan, telling } from './messages.ts';
import { startReceiver } from './receivers.ts';
import { command, step } from './runbooks.ts';

/** A run for each kind of step, in whose midst the worker is killed. */
export const failoverCases: Record<string, (scene: KilledFailovers) => Promise<Hanging>> = {
  'a command': async (scene) => {
    const did = join(scene.stage.lab.directory, 'promote-done');
    const once = `test -e ${did} || ${scene.writes('did')}; touch ${did}`;
    const run = await scene.start('command', [
      step('halt', { do: 'approve' }),
      command('promote', ['sh', '-c', `${scene.writes('try')}; ${scene.held}; ${once}`], {
        needs: ['halt'],
        timeout: 300,
      }),
      step('end', { do: 'manual' }, { needs: ['promote'] }),
    ]);
    const { step: asked } = await waiting(run, 'halt', 'approval');
    await say(run, 'approve', { by: 'ops-1', step: 'halt', hash: asked.hash ?? '' });
    return {
      hung: counted(async () => (await scene.lines()).includes('try')),
      // What people say while nobody is there is kept.
      killed: () => run.signal('note', { by: 'intern-1', text: 'the worker is gone' }),
      finished: async () => {
        await waiting(run, 'end', 'deed');
        await say(run, 'complete', { by: 'ops-1', step: 'end', evidence: 'x' });
        const { steps, events } = await endOf(run);
        expect(steps.map(({ state }) => state)).toEqual(['passed', 'passed', 'passed']);
        expect(await scene.lines()).toEqual(['try', 'try', 'did']);
        expect(steps[0]?.approvals).toHaveLength(1);
        expect(events.map(({ sentence }) => sentence)).toContain('intern-1 notes: the worker is gone');
      },
    };
  },

  'a change of a name, for which it waits': async (scene) => {
    const bind = scene.keep(await startBind({ records: ['shop 40 IN A 192.0.2.1'] }));
    const resolver = scene.keep(await startBindResolver(bind));
    const [dns, before] = [await dnsStep(scene, bind, resolver.port), await bind.serial()];
    const run = await scene.start('dns', [dns, step('halt', { do: 'manual' }, { needs: ['dns'] })]);
    return {
      // Its look has asked the resolver, which keeps the old answer for 40 seconds: the step waits for it.
      hung: counted(async () => (await bind.serial()) === before + 1),
      finished: async () => {
        await waiting(run, 'halt', 'deed');
        expect(await bind.serial()).toBe(before + 1);
        await say(run, 'abort', { by: 'commander-1', reason: 'the site is back' });
        const { result, undone, steps } = await endOf(run);
        expect({ result, undone }).toEqual({ result: 'aborted', undone: [expect.stringContaining('dns: ')] });
        expect(steps[0]?.results).toContainEqual({ name: 'value before', value: '192.0.2.1' });
        expect(steps[0]?.sentences.join(' ')).toContain('was so already');
        expect(await bind.lookUp('shop.example.org', 'A')).toEqual(['192.0.2.1']);
        expect(await bind.serial()).toBe(before + 2);
      },
    };
  },

  'a check of a service that does not answer well yet': async (scene) => {
    let [asked, well] = [0, false];
    const port = await freePort();
    const server = createServer((_, answer) => {
      asked += 1;
      answer.writeHead(well ? 200 : 503).end();
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
    scene.keep({ stop: async () => server.close() });
    const url = `http://127.0.0.1:${port}/health`;
    const check = { do: 'http.check', url, status: 200, within: 300 } as const;
    const run = await scene.start('http', [step('verify', check, { timeout: 300 })]);
    return {
      // Once by its look.
      hung: counted(async () => asked > 2),
      finished: async () => {
        well = true;
        expect((await endOf(run)).steps).toMatchObject([{ state: 'passed', attempts: 1 }]);
      },
    };
  },

  'a message that went out and is not known to have': async (scene) => {
    const customers = await startReceiver();
    scene.keep({ stop: () => customers.down() });
    customers.answer(() => undefined);
    const news = message('news');

    const communication = plan([news], {
      channels: [{ name: 'status', kind: 'webhook', url: { url: customers.url } }],
    });
    const run = await scene.start('message', [telling('tell', news)], { communication });
    await approveStep(run, 'tell', 'comms-1');
    return {
      hung: counted(async () => customers.received.length > 0),
      killed: async () => customers.answer((response) => response.end('ok')),
      finished: async () => {
        expect((await endOf(run)).steps).toMatchObject([{ state: 'passed', attempts: 1 }]);
        const [first, second, ...more] = customers.received;
        // Whoever gets it twice can tell.
        expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
        expect(second?.body).toBe(first?.body);
        expect(more).toEqual([]);
      },
    };
  },

  ...postgresCases,
  ...kubectlCases,
};

async function dnsStep(scene: KilledFailovers, bind: BindServer, resolver: number): Promise<ResolvedStep> {
  const secret = join(scene.stage.lab.directory, 'tsig');
  await writeFile(secret, bind.key.secret);
  const { host, port, domain, key } = bind;
  const server = {
    ...{ name: 'dns', zone: 'ams', host, port, domain, resolvers: [`127.0.0.1:${resolver}`] },
    tsig: { key: key.key, algorithm: key.algorithm, secret: { file: secret } },
  };
  const of = { server, record: 'shop.example.org', type: 'A' } as const;
  return step('dns', { do: 'dns.update', of, value: '198.51.100.7', ttl: 30 }, { timeout: 120 });
}
