import { expect, it } from '@jest/globals';
import { eventually, startFaultProxy } from '../../../tools/servers/index.ts';
import { startReceiver } from '../../support/receivers.ts';

it('the proxy breaks what hangs when it forgets its rules, also where all of it was read', async () => {
  const receiver = await startReceiver();
  const proxy = await startFaultProxy(receiver.url);
  try {
    const hanging = proxy.add({ method: 'PUT', action: { do: 'hang' } });
    const put = (milliseconds: number) =>
      fetch(proxy.endpoint, { method: 'PUT', body: 'x', signal: AbortSignal.timeout(milliseconds) });
    const broken = put(20_000).then(
      () => 'answered',
      ({ name }: Error) => name,
    );
    await eventually(async () => expect(hanging.hits()).toBe(1), 10);
    // Whatever came before this answer was read by then.
    expect((await fetch(proxy.endpoint)).status).toBe(200);
    proxy.clear();
    expect(await broken).toBe('TypeError');
    expect((await put(20_000)).status).toBe(200);
  } finally {
    await proxy.stop();
    await receiver.down();
  }
});
