import { rename } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CheckedFleet, openCheckedFleet } from '../../support/checked-fleet.ts';
import { type CliRun, holdfast } from '../../support/cli.ts';

let fleet: CheckedFleet;

beforeAll(async () => {
  fleet = await openCheckedFleet();
});
afterAll(() => fleet?.close());

function cli(...args: string[]): Promise<CliRun> {
  const { orchestra, lab } = fleet.stage;
  const env = { TEMPORAL_ADDRESS: orchestra.temporal.address, HOLDFAST_POLICY: lab.policyFile };
  return holdfast(args, { env });
}

describe('holdfast check', () => {
  it('says that all is well', async () => {
    const health = await cli('check', 'health');
    expect(health).toMatchObject({ code: 0, stdout: 'All is well.\n' });
    const copies = await cli('check', '3-2-1');
    expect(copies.code).toBe(0);
    expect(copies.stdout).toMatch(/^PLAN +COPIES +MEDIA/);
    expect(copies.stdout).toMatch(/^daily( +yes){9}$/m);
    expect(copies.stdout).toMatch(/^Report: _evidence\/copies-check\/.*\n3-2-1: passed$/m);
  });

  it('says what is wrong, and ends with 3', async () => {
    await rename(fleet.local, `${fleet.local}-away`);
    try {
      const health = await cli('check', 'health');
      expect(health.code).toBe(3);
      expect(health.stdout).toMatch(/^critical {2}repository-unreachable {2}local$/m);
      expect(health.stdout).toMatch(/^not checked {2}local: /m);
      expect(health.stdout).toContain('1 found, 1 not checked.');
      const copies = await cli('check', 'copies', '--plan', 'daily', '--json');
      expect(copies.code).toBe(3);
      expect(JSON.parse(copies.stdout)).toMatchObject({
        result: 'failed',
        plans: [{ plan: 'daily', outcomes: { reachable: 'no', copies: 'not-checked', decryptable: 'yes' } }],
      });
    } finally {
      await rename(`${fleet.local}-away`, fleet.local);
    }
    // It is looked at twice, a minute apart.
  });

  it('knows the plans of the policy', async () => {
    expect(await cli('check', '3-2-1', '--plan', 'dayly')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('daily'),
    });
  });
});
