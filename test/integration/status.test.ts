import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StatusDocument } from '../../cli/status/document.ts';
import { eventually } from '../../tools/servers/index.ts';
import { type CliRun, holdfast } from '../support/cli.ts';
import { idsOfDays, makePast, mark } from '../support/past.ts';
import { openTwoPlaces, type TwoPlaces } from '../support/two-places.ts';

let places: TwoPlaces;

const days = idsOfDays(9, 1);
const newest = days.at(-1) ?? '';

/** The shop is whole and tested, the crm is behind in the bucket, hr has nothing. */
beforeAll(async () => {
  places = await openTwoPlaces(
    { 'shop-daily': 'shop', 'crm-daily': 'crm', 'hr-daily': 'hr' },
    {
      tiers: { critical: { rpo: '2d', rto: '1h' } },
      prices: { currency: 'EUR', asOf: '2026-11-01', perGiB: { offsite: 0.01 } },
    },
  );
  const { stage, local, offsite } = places;
  await makePast(stage.lab, [local, offsite], days, { plan: 'shop-daily' });
  await makePast(stage.lab, [local], days, { plan: 'crm-daily', source: 'crm' });
  await makePast(stage.lab, [offsite], days.slice(0, 5), { plan: 'crm-daily', source: 'crm' });
  const at = new Date(Date.now() - 3 * 86_400_000).toISOString();
  await mark([local], newest, { kind: 'tested', at, result: 'passed' });
  await holdfastHere('apply', '--yes');
  await stage.orchestra.client.schedule.getHandle('holdfast/backup/hr-daily').pause('while we move');
});

afterAll(() => places?.close());

function holdfastHere(...args: string[]): Promise<CliRun> {
  const { stage } = places;
  const env = { TEMPORAL_ADDRESS: stage.orchestra.temporal.address, HOLDFAST_POLICY: stage.lab.policyFile };
  return holdfast(args, { env });
}

async function status(...args: string[]): Promise<StatusDocument & { code: number }> {
  const { code, stdout } = await holdfastHere('status', '--json', ...args);
  return { code, ...JSON.parse(stdout) };
}

describe('holdfast status', () => {
  it('answers on one screen what is protected, since when, how proven, and what is wrong', async () => {
    const { code, stdout } = await holdfastHere('status');
    expect(code).toBe(3);
    const lines = stdout.trimEnd().split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    const day = (id: string) => `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}`;
    expect(stdout).toMatch(
      new RegExp(`^shop-daily +2/2 offsite +.* of 2d +${day(days[0] ?? '')} +3d ago +in .* ok$`, 'm'),
    );
    expect(stdout).toMatch(/^crm-daily +1\/2 +.* never restored +in .* fault$/m);
    expect(stdout).toMatch(/^hr-daily +0\/2 +none +- +never restored +paused +fault$/m);
    expect(stdout).toMatch(/^local +de-fra1 disk +18 .* ok$/m);
    expect(stdout).toMatch(/^offsite +nl-ams1 object +14 .* 0\.00 EUR +ok$/m);
    const told = stdout.replaceAll(/\n {10}/g, ' ');
    expect(told).toContain(
      `crm-daily: offsite lacks its newest backup ${newest}, and has none after ${days[4]}.`,
    );
    expect(told).toContain('hr-daily: It was paused by hand in Temporal');
    expect(told).toContain('hr-daily: There is no good backup yet.');
    expect(lines.at(-1)).toBe('Not all is well: 1 of 3 plans stand well.');
  });

  it('looks at one plan alone, and is well when that stands well', async () => {
    const { code, plans, repositories, well } = await status('--plan', 'shop-daily');
    expect({ code, well }).toEqual({ code: 0, well: true });
    expect(plans.map(({ plan }) => plan)).toEqual(['shop-daily']);
    expect(repositories.map(({ copies }) => copies)).toEqual([9, 9]);
  });

  it('says that nobody looks where a check was paused by hand', async () => {
    const handle = places.stage.orchestra.client.schedule.getHandle('holdfast/copies');
    await handle.pause('just a moment');
    expect((await status()).faults).toEqual([
      { subject: 'check 3-2-1', sentence: expect.stringContaining('paused by hand') },
    ]);
    await handle.unpause();
    expect((await status()).faults).toEqual([]);
  });

  it('reads the repositories from here when Temporal is away', async () => {
    const env = { TEMPORAL_ADDRESS: '127.0.0.1:1', HOLDFAST_POLICY: places.stage.lab.policyFile };
    const { code, stdout } = await holdfast(['status', '--json'], { env });
    expect(code).toBe(3);
    const { plans, repositories, faults, well }: StatusDocument = JSON.parse(stdout);
    expect(well).toBe(false);
    expect(faults).toEqual([
      { subject: 'temporal', sentence: expect.stringContaining('No Temporal server answers') },
    ]);
    expect(repositories.map(({ copies, unreadable }) => [copies, unreadable])).toEqual([
      [18, null],
      [14, null],
    ]);
    expect(plans[0]).toMatchObject({
      ...{ applied: null, next: null, copies: { good: 2, wanted: 2 } },
      ...{ lastGood: { backupId: newest }, proven: { backupId: newest } },
    });
  });

  it('knows what it can read, and says what it can not', async () => {
    places.proxy.add({ times: 1000, action: { do: 'reset' } });
    const { code, plans, repositories } = await status();
    places.proxy.clear();
    expect(code).toBe(3);
    expect(repositories[1]).toMatchObject({ unreadable: expect.any(String), faults: [expect.any(String)] });
    const [shop, crm, hr] = plans;
    expect(shop).toMatchObject({
      copies: { good: 1, wanted: 2 },
      faults: [],
      lastGood: { backupId: newest },
    });
    expect(crm?.faults).toEqual([]);
    expect(hr?.faults).toContainEqual(expect.stringContaining('is unknown: offsite could not be read'));
  });

  it('follows a run by Temporal, and how it ended', async () => {
    const { client } = places.stage.orchestra;
    await holdfastHere('backup', 'run', 'shop-daily');
    const [failed] = await eventually(async () => {
      const { plans } = await status('--plan', 'shop-daily');
      expect(plans[0]?.last).toMatchObject({ result: 'failed' });
      return plans;
    }, 60);
    expect(failed?.faults).toEqual([expect.stringContaining('Its last backup ended as failed')]);
    await client.schedule.getHandle('holdfast/backup/crm-daily').delete();
    const { plans } = await status('--plan', 'crm-daily');
    expect(plans[0]).toMatchObject({ applied: false, next: null });
    expect(plans[0]?.faults).toContainEqual(expect.stringContaining('run `holdfast apply`'));
  });
});
