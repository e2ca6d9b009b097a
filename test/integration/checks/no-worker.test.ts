import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checksInput } from '../../../schedules/index.ts';
import { usualPatience } from '../../../workflows/checks-patience.ts';
import { type CheckedFleet, openCheckedFleet } from '../../support/checked-fleet.ts';
import { directoryAt } from '../../support/repositories.ts';
import { askedOf } from '../../support/run-events.ts';

let fleet: CheckedFleet;

beforeAll(async () => {
  fleet = await openCheckedFleet();
});
afterAll(() => fleet?.close());

describe('a zone without a worker', () => {
  it('is a finding of health and unchecked, and keeps nobody from looking at the others', async () => {
    const known = checksInput(fleet.policy);
    const far = directoryAt('/backups', { name: 'far', zone: 'nyc', site: 'us-nyc1' });
    const input = {
      ...known,
      repositories: [...known.repositories, far],
      plans: known.plans.map((plan) => ({ ...plan, copies: [...plan.copies, 'far'] })),
      keys: known.keys.map((key) =>
        key.kind === 'gpg' ? { ...key, opens: { ...key.opens, nyc: { env: 'NOWHERE' } } } : key,
      ),
      checks: { ...known.checks, copies: { ...known.checks.copies, copies: 4 } },
      patience: { ...usualPatience, zone: 10, zoneAgain: 11 },
    };
    const looking = await fleet.stage.start('health', { ...input, quiet: true });
    const [health, copies] = await Promise.all([
      looking.result(),
      fleet.stage.execute('copiesCheck', { ...input, quiet: true }),
    ]);
    expect(health.findings).toMatchObject([{ kind: 'no-worker', subject: 'nyc', severity: 'critical' }]);
    expect(health.unchecked.map(({ subject }) => subject)).toEqual(['far', 'nyc']);
    expect(copies.result).toBe('passed-with-exceptions');
    expect(await askedOf(looking, 'nyc')).toEqual(['lookAround', 'lookAround']);
    const unchecked = copies.facts.map(({ check, subject }) => `${check} ${subject}`);
    expect(unchecked).toEqual(['copies daily', 'reachable far', 'decryptable databases']);
    expect(copies.evidence?.stored.toSorted()).toEqual(['local', 'offsite']);
  });
});
