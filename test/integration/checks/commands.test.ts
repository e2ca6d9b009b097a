import { readFile, rename, writeFile } from 'node:fs/promises';
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

  it('says what is wrong with the health of all, and ends with 3', async () => {
    const { policyFile } = fleet.stage.lab;
    const policy = await readFile(policyFile, 'utf8');
    const tested = policy.replace(/^ {4}source: shop$/m, '$&\n    restoreTest: { server: lost }');
    const lost = 'lost: { zone: fra, host: 127.0.0.1, port: 1, user: nobody }';
    await writeFile(policyFile, `${tested}scratchServers: { ${lost} }\n`);
    try {
      const { code, stdout } = await cli('check', 'health');
      expect(code).toBe(3);
      expect(stdout).toMatch(/^warning {2}check-impossible {2}fra$/m);
      expect(stdout).toMatch(/^not checked {2}fra: What dead workers .* left could not be removed: /m);
      expect(stdout).toContain('1 found, 1 not checked.');
    } finally {
      await writeFile(policyFile, policy);
    }
  });

  it('says what is wrong with copies, and ends with 3', async () => {
    await rename(fleet.local, `${fleet.local}-away`);
    try {
      const copies = await cli('check', 'copies', '--plan', 'daily', '--json');
      expect(copies.code).toBe(3);
      expect(JSON.parse(copies.stdout)).toMatchObject({
        result: 'failed',
        plans: [{ plan: 'daily', outcomes: { reachable: 'no', copies: 'not-checked', decryptable: 'yes' } }],
      });
    } finally {
      await rename(`${fleet.local}-away`, fleet.local);
    }
  });

  it('knows the plans of the policy', async () => {
    expect(await cli('check', '3-2-1', '--plan', 'dayly')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('daily'),
    });
  });
});
