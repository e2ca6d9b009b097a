import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type CopiesKnown, judgeCopies, weighCopies } from '../../../checks/copies.ts';
import type { ResolvedRepository } from '../../../policy/resolved.ts';
import type { ChecksInput, CopiesFacts, NewestCopies } from '../../../workflows/contract-checks.ts';
import { ago, idAt, now, oneFleet, safe } from './fleet.ts';

type Known = {
  zones: CopiesKnown['zones'][number][];
  rehashed: CopiesKnown['rehashed'];
  canaries: CopiesKnown['canaries'];
};

const newest = idAt(ago(11));

/** Both plans in both repositories, whole, locked and opened; the first one in the safe as well. */
function well(): { input: ChecksInput; known: Known } {
  const { input } = oneFleet();
  const yes = { outcome: 'yes', sentence: 'It is.' } as const;
  const zone = (name: string, repository: string): CopiesFacts => ({
    zone: name,
    repositories: [{ repository, unreadable: null }],
    newest: input.plans.map(
      ({ plan, source }): NewestCopies => ({
        plan,
        source,
        repository,
        backups: [newest],
        encrypted: yes,
        locked: yes,
      }),
    ),
    fillings: [
      { repository: 'safe', at: ago(48).toISOString(), unreadable: null, plans: ['plan-0', 'plan-1'] },
    ],
  });
  return {
    input,
    known: {
      zones: [
        { zone: 'fra', facts: zone('fra', 'local'), silent: null },
        { zone: 'ams', facts: zone('ams', 'offsite'), silent: null },
      ],
      rehashed: input.plans.flatMap(({ plan, copies }) =>
        copies.map((repository) => ({ plan, repository, backupId: newest, ...yes })),
      ),
      canaries: [{ key: 'databases', zone: 'ams', ...yes }],
    },
  };
}

type Scene = ReturnType<typeof well>;

const judge = ({ input, known }: Scene) => judgeCopies(weighCopies(input, known, now));

const told = (scene: Scene) =>
  judge(scene).facts.map(({ outcome, check, subject }) => `${outcome} ${check} ${subject}`);

function changed(change: (scene: Scene) => void): Scene {
  const scene = well();
  change(scene);
  return scene;
}

const factsIn = ({ known }: Scene, zone: string): CopiesFacts => {
  const found = known.zones.find((each) => each.zone === zone)?.facts;
  if (found === undefined || found === null) throw new Error(`zone ${zone} told nothing`);
  return found;
};

const repository = ({ input }: Scene, name: string, change: Partial<ResolvedRepository>): void => {
  const found = input.repositories.find((each) => each.name === name);
  if (found !== undefined) Object.assign(found, change);
};

describe('the weighing of copies', () => {
  it('passes where all is well', () => {
    expect(judge(well())).toMatchObject({ result: 'passed', facts: [], exceptions: [], findings: [] });
  });

  it('tells what it had to put right, and that is no clean pass', () => {
    const scene = changed(({ known }) => {
      const [first] = known.rehashed;
      if (first !== undefined) Object.assign(first, { mended: true, sentence: 'It was written anew.' });
    });
    expect(judge(scene)).toMatchObject({
      result: 'passed-with-exceptions',
      facts: [{ check: 'rehashed', outcome: 'yes', sentence: 'It was written anew.' }],
      exceptions: [],
      findings: [],
    });
  });

  it.each<[string, string[], (scene: Scene) => void]>([
    [
      'a repository whose newest copy is two runs old',
      ['no copies plan-1', 'no media plan-1', 'no offsite plan-1'],
      (scene) => {
        for (const copies of factsIn(scene, 'ams').newest)
          if (copies.plan === 'plan-1') copies.backups = [idAt(ago(11 + 48))];
      },
    ],
    [
      'nothing at another site',
      ['no offsite plan-0', 'no offsite plan-1'],
      (scene) => repository(scene, 'offsite', { site: 'de-fra1' }),
    ],
    [
      'one medium for all',
      ['no media plan-0', 'no media plan-1'],
      (scene) => repository(scene, 'offsite', { medium: 'disk' }),
    ],
    [
      'a region outside the residency',
      ['no residency plan-0', 'no residency plan-1'],
      (scene) => {
        scene.input.checks = { ...scene.input.checks, residency: ['EU'] };
        repository(scene, 'offsite', { region: 'US' });
      },
    ],
    [
      'a copy that is not whole',
      ['no rehashed offsite/plan-1'],
      ({ known }) => {
        known.rehashed = known.rehashed.map((each) =>
          each.plan === 'plan-1' && each.repository === 'offsite'
            ? { ...each, outcome: 'no', sentence: 'Its hash differs.' }
            : each,
        );
      },
    ],
    [
      'copies that nobody read',
      ['not-checked rehashed plan-0', 'not-checked rehashed plan-1'],
      ({ known }) => {
        known.rehashed = [];
      },
    ],
    [
      'a zone that does not open the key',
      ['no decryptable databases', 'no decryptable databases'],
      ({ known }) => {
        const answer = { key: 'databases', zone: 'fra', outcome: 'no', sentence: 'It is gone.' } as const;
        known.canaries = [...known.canaries, answer];
      },
    ],
    [
      'a key that nobody tried',
      ['not-checked decryptable databases', 'not-checked decryptable databases'],
      ({ known }) => {
        known.canaries = [];
      },
    ],
    [
      'an object without its lock',
      ['no locked local/plan-0'],
      (scene) => {
        const [copies] = factsIn(scene, 'fra').newest;
        if (copies !== undefined) copies.locked = { outcome: 'no', sentence: 'It is not locked.' };
      },
    ],
    [
      'data that is not encrypted',
      ['no encrypted local/plan-0'],
      (scene) => {
        const [copies] = factsIn(scene, 'fra').newest;
        if (copies !== undefined) copies.encrypted = { outcome: 'no', sentence: 'It is plain.' };
      },
    ],
    [
      'a repository that its zone can not read',
      [
        'not-checked copies plan-1',
        'not-checked media plan-1',
        'not-checked offsite plan-1',
        'no reachable offsite',
      ],
      (scene) => {
        scene.input.plans = scene.input.plans.filter(({ plan }) => plan === 'plan-1');
        factsIn(scene, 'ams').repositories = [{ repository: 'offsite', unreadable: 'It hangs.' }];
      },
    ],
    [
      'a zone that did not answer while another did',
      [
        'not-checked copies plan-1',
        'not-checked media plan-1',
        'not-checked offsite plan-1',
        'not-checked reachable offsite',
      ],
      ({ input, known }) => {
        input.plans = input.plans.filter(({ plan }) => plan === 'plan-1');
        known.zones = known.zones.map((zone) =>
          zone.zone === 'ams' ? { zone: 'ams', facts: null, silent: 'Nobody took the work.' } : zone,
        );
      },
    ],
    [
      'a key of which nobody tried this one',
      ['not-checked decryptable databases', 'not-checked decryptable databases'],
      ({ known }) => {
        known.canaries = known.canaries.map((canary) => ({ ...canary, key: 'configuration' }));
      },
    ],
    [
      'no medium but that of production and of buckets, which are two',
      [],
      (scene) => repository(scene, 'local', { medium: 'object' }),
    ],
    [
      'no medium but that of production',
      ['no media plan-0', 'no media plan-1'],
      (scene) => {
        for (const name of ['local', 'offsite', 'safe']) repository(scene, name, { medium: 'disk' });
      },
    ],
  ])('tells of %s, and of nothing else', (_name, expected, change) => {
    const scene = changed(change);
    expect(told(scene)).toEqual(expected);
    const failed = expected.some((fact) => fact.startsWith('no '));
    const excepted = expected.length > 0 ? 'passed-with-exceptions' : 'passed';
    expect(judge(scene).result).toBe(failed ? 'failed' : excepted);
  });

  it('counts a copy in a safe by its last filling', () => {
    const four = changed(({ input }) => {
      input.checks = { ...input.checks, copies: { ...input.checks.copies, copies: 4 } };
      input.plans = input.plans.filter(({ plan }) => plan === 'plan-0');
    });
    expect(told(four)).toEqual([]);
    for (const zone of ['fra', 'ams'])
      factsIn(four, zone).fillings = [
        { repository: safe.name, at: ago(20 * 24).toISOString(), unreadable: null, plans: ['plan-0'] },
      ];
    expect(told(four)).toEqual(['no copies plan-0']);
    for (const zone of ['fra', 'ams'])
      factsIn(four, zone).fillings = [
        { repository: safe.name, at: ago(48).toISOString(), unreadable: null, plans: ['plan-1'] },
      ];
    expect(told(four)).toEqual(['no copies plan-0']);
  });

  it('passes nothing that a silent zone would have had to tell', () => {
    const silent = changed(({ known }) => {
      known.zones = known.zones.map(({ zone }) => ({ zone, facts: null, silent: 'Nobody took the work.' }));
      known.rehashed = [];
      known.canaries = [];
    });
    const judged = judge(silent);
    expect(judged.result).toBe('passed-with-exceptions');
    for (const { outcomes } of judged.plans)
      expect(Object.entries(outcomes).filter(([, outcome]) => outcome === 'yes')).toEqual([
        ['residency', 'yes'],
      ]);
  });

  it('passes no question that nobody answered', () => {
    const unknown = changed(({ input }) => {
      input.plans = input.plans.slice(0, 1).map((plan) => ({ ...plan, copies: ['nowhere'], airgapped: [] }));
    });
    expect(judge(unknown).plans).toMatchObject([
      { outcomes: { copies: 'no', reachable: 'not-checked', locked: 'yes' } },
    ]);
  });

  it('opens one alert for what is wrong of many plans at once', () => {
    const { findings } = judge(
      changed(({ known }) => {
        known.canaries = [{ key: 'databases', zone: 'ams', outcome: 'no', sentence: 'It is gone.' }];
      }),
    );
    expect(findings).toMatchObject([{ kind: 'key-unusable', subject: 'databases', severity: 'critical' }]);
  });

  it('comes to the same in whatever order it is told', () => {
    const scene = well();
    const { input, known } = scene;
    const shuffled = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });
    const orders = fc.record({
      plans: shuffled(input.plans),
      zones: shuffled(known.zones),
      rehashed: shuffled(known.rehashed),
    });
    fc.assert(
      fc.property(orders, ({ plans, zones, rehashed }) => {
        const other = judge({ input: { ...input, plans }, known: { ...known, zones, rehashed } });
        expect(other).toEqual(judge(scene));
      }),
    );
  });
});
