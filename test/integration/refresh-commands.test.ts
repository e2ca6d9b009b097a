import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { holdfast } from '../support/cli.ts';
import { type Development, openDevelopment } from '../support/development.ts';

describe('holdfast refresh, and restores on its server', () => {
  let place: Development;

  beforeAll(async () => {
    place = await openDevelopment();
  });

  afterAll(async () => {
    await place?.close();
  });

  const run = (...args: string[]) =>
    holdfast(args, {
      env: {
        TEMPORAL_ADDRESS: place.stage.orchestra.temporal.address,
        HOLDFAST_POLICY: place.stage.lab.policyFile,
      },
    });

  it('lists what was never run, makes it, and lists how it ended', async () => {
    const before = JSON.parse((await run('refresh', 'list', '--json')).stdout);
    expect(before.refreshes).toMatchObject([{ refresh: 'shop-dev', database: 'shop_dev', newest: null }]);
    const made = await run('refresh', 'run', 'shop-dev', '--wait');
    expect(made).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`shop_dev is shop/${place.backupId} from local`),
    });
    expect(made.stdout).toContain('trimmed by 1, masked by 1, verified by 1 statements');
    expect((await place.addresses())[0]).toBe('masked-1@invalid');
    const after = JSON.parse((await run('refresh', 'list', '--json')).stdout);
    expect(after.refreshes).toMatchObject([{ newest: { status: 'completed', result: 'passed' } }]);
    // A newer one, so that the one that is named is another than it would take by itself.
    await place.stage.execute('backup', { plan: place.plan });
    const again = await run('refresh', 'run', 'shop-dev', '--backup', place.backupId, '--wait', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({
      result: 'passed',
      backup: { backupId: place.backupId },
    });
  });

  it.each([
    [['run', 'shop-dv'], 2, 'Did you mean "shop-dev"?'],
    [['run', 'shop-dev', '--backup', 'latest:shop-daily'], 2, 'Leave --backup out'],
    [
      ['run', 'shop-dev', '--wait', '--backup', '20200101T000000Z-00000000'],
      1,
      'No repository that could be read holds',
    ],
  ])('says what is wrong with %j', async (args, code, sentence) => {
    expect(await run('refresh', ...args)).toMatchObject({ code, stderr: expect.stringContaining(sentence) });
  });

  it('restore --server compares in a database of its own on a scratch server, and leaves none there', async () => {
    const restored = await run('restore', place.backupId, '--into-scratch', '--server', 'development');
    expect(restored).toMatchObject({ code: 0, stdout: expect.stringContaining('equals what was backed up') });
    expect(restored.stdout).toContain('Roles, owners and rights were left out.');
    expect((await place.databases()).filter((name) => name.startsWith('holdfast_'))).toEqual([]);
  });

  it.each([
    [['--into-scratch', '--server', 'developmnt'], 'Did you mean "development"?'],
    [['--into-scratch', '--server', 'development', '--zone', 'ams'], 'is in zone fra'],
    [['--switch-into', '--server', 'development'], 'is restored beside it'],
  ])('restore says what is wrong with %j', async (args, sentence) => {
    const refused = await run('restore', place.backupId, ...args);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(sentence) });
  });
});
