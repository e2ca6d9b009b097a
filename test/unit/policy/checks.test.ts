import { describe, expect, it } from '@jest/globals';
import { fullWith, loadText, printedProblems, smallest, smallestWith } from './support.ts';

describe('checks', () => {
  it('are made also where nothing is written', async () => {
    const { policy } = await loadText(smallest);
    expect(policy.checks).toEqual({
      zone: 'home',
      health: {
        ...{ cron: '*/5 * * * *', jitter: 0, deadline: 3600, catchup: 300, paused: false },
        ...{ sizeChange: 0.5, compressionFall: 0.3, storage: 0.8, keyExpiry: 30 * 86_400 },
        testGrace: 2 * 86_400,
      },
      copies: {
        ...{ cron: '0 6 * * 1', jitter: 0, deadline: 6 * 3600, catchup: 86_400, paused: false },
        ...{ copies: 3, media: 2, offsite: 1, sample: 1 },
      },
      residency: null,
    });
  });

  it('are as they are written', async () => {
    const { policy } = await loadText(
      smallestWith(
        'plans:\n',
        `checks:
  health: { schedule: "*/10 * * * *", sizeChange: 200%, compressionFall: 10%, storage: 95%, keyExpiry: 60d, testGrace: 12h }
  copies: { schedule: { cron: "0 7 * * *", paused: true }, copies: 2, media: 1, offsite: 0, sample: 0 }
plans:
`,
      ),
    );
    expect(policy.checks).toMatchObject({
      health: {
        ...{ cron: '*/10 * * * *', deadline: 3600, catchup: 300 },
        ...{ sizeChange: 2, compressionFall: 0.1, storage: 0.95, keyExpiry: 60 * 86_400, testGrace: 43_200 },
      },
      copies: {
        cron: '0 7 * * *',
        paused: true,
        catchup: 86_400,
        copies: 2,
        media: 1,
        offsite: 0,
        sample: 0,
      },
    });
  });

  it('tell a watcher outside, whose address is read in their zone', async () => {
    const withPing = (ping: string) =>
      smallestWith('plans:\n', `checks: { health: { ping: ${ping} } }\nplans:\n`);
    const { policy, weaknesses } = await loadText(withPing('{ url: { file: /run/secrets/watcher } }'));
    expect(weaknesses.map(({ id }) => id)).not.toContain('no-outside-watcher');
    expect(policy.checks.health.ping).toEqual({ url: { file: '/run/secrets/watcher' } });
    const open = await loadText(withPing('{ url: "https://watcher.example.org/uuid" }'));
    expect(open.policy.checks.health.ping).toEqual({ url: { url: 'https://watcher.example.org/uuid' } });
    const problems = await printedProblems(withPing('{ url: "http://watcher.example.org/uuid" }'));
    expect(problems).toEqual([expect.stringContaining('plain http goes only to this host')]);
  });

  it('run in the first zone that signs, else in that which is named', async () => {
    const before = smallestWith('zones:\n', 'zones:\n  away: { region: EU, site: away }\n');
    expect((await loadText(before)).policy.checks.zone).toBe('home');
    const named = fullWith(
      ['checks: {', 'checks: { zone: ams,'],
      ['site: nl-ams1 }', 'site: nl-ams1, signingKey: { env: AMS } }'],
    );
    const { policy } = await loadText(named);
    expect([policy.checks.zone, policy.plans['shop-daily']?.alertZone]).toEqual(['ams', 'ams']);
  });

  it('are refused in a zone that is not there', async () => {
    const problems = await printedProblems(fullWith(['checks: {', 'checks: { zone: amz,']));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('checks.zone  no such zone; did you mean "ams"?');
  });

  it('are refused in a zone that could not sign their report', async () => {
    const problems = await printedProblems(fullWith(['checks: {', 'checks: { zone: ams,']));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(
      'checks.zone  reports of checks are signed, and this zone has no signingKey',
    );
  });
});

describe('prices', () => {
  const pricesOf = async (text: string) => (await loadText(text)).policy.prices;
  const written = (text: string) => smallestWith('plans:\n', `prices: ${text}\nplans:\n`);

  it('are list prices with their day where nothing is written', async () => {
    const { currency, asOf, table, budget } = await pricesOf(smallest);
    expect({ currency, budget }).toEqual({ currency: 'USD', budget: null });
    expect(asOf).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(table).toContainEqual({ of: 'STANDARD', perGiB: 0.023, listed: true });
  });

  it('that are written come first, and replace those of the list', async () => {
    const { asOf, table } = await pricesOf(
      written('{ asOf: 2026-10-01, perGiB: { local: 0.01, STANDARD: 0.02 } }'),
    );
    expect(asOf).toBe('2026-10-01');
    expect(table.slice(0, 2)).toEqual([
      { of: 'local', perGiB: 0.01 },
      { of: 'STANDARD', perGiB: 0.02 },
    ]);
    expect(table.filter(({ of }) => of === 'STANDARD')).toHaveLength(1);
    expect(table.map(({ of }) => of)).toContain('DEEP_ARCHIVE');
  });

  it('of another currency stand alone', async () => {
    const { table, budget } = await pricesOf(
      written('{ currency: EUR, asOf: 2026-10-01, perGiB: { local: 0.01 }, budget: 5.5 }'),
    );
    expect(table).toEqual([{ of: 'local', perGiB: 0.01 }]);
    expect(budget).toBe(5.5);
  });

  it('without their day are refused', async () => {
    expect(await printedProblems(written('{ perGiB: { local: 0.01 } }'))).toEqual([
      'policy.yaml:12:19  prices.perGiB  nobody could tell how old these prices are; add asOf: with the day on which they were true',
    ]);
  });

  it('of a repository that is not there are refused', async () => {
    const problems = await printedProblems(written('{ asOf: 2026-10-01, perGiB: { locale: 0.01 } }'));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('prices.perGiB.locale  no such repository; did you mean "local"?');
  });
});
