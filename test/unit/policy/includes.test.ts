import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { flattenRunbooks } from '../../../policy/failover/includes.ts';
import { failoverWith } from './failover-support.ts';
import { loadText, printedProblems } from './support.ts';

/** Steps of runbooks in short: `id: needs`, or `id: needs @runbook`. */
type Short = Record<string, Record<string, string>>;

function written(short: Short) {
  const runbooks = Object.entries(short).map(([name, steps]) => [
    name,
    {
      steps: Object.entries(steps).map(([id, text]) => {
        const [needs = '', runbook] = text.split('@').map((part) => part.trim());
        const needed = needs === '' ? {} : { needs: needs.split(' ') };
        return runbook === undefined
          ? { id, do: 'wait', ...needed }
          : { id, do: 'runbook', runbook, ...needed };
      }),
    },
  ]);
  return { runbooks: Object.fromEntries(runbooks) };
}

type FlatPolicy = { runbooks: Record<string, { steps: { id: string; do: string; needs?: string[] }[] }> };

function isFlat(value: unknown): value is FlatPolicy {
  return typeof value === 'object' && value !== null && 'runbooks' in value;
}

function flat(short: Short, name: string): string[] {
  const { value } = flattenRunbooks(written(short));
  if (!isFlat(value)) throw new Error('no policy');
  return (value.runbooks[name]?.steps ?? []).map(({ id, needs = [] }) => `${id}: ${needs.join(' ')}`.trim());
}

describe('an inclusion', () => {
  it('is replaced by its steps: the first need what it needs, and what needs it needs the last ones', () => {
    const short = {
      shop: { fence: '', promote: 'fence', check: 'promote', tell: 'promote' },
      platform: { declare: '', shop: 'declare @shop', done: 'shop' },
    };
    expect(flat(short, 'platform')).toEqual([
      'declare:',
      'shop/fence: declare',
      'shop/promote: shop/fence',
      'shop/check: shop/promote',
      'shop/tell: shop/promote',
      'done: shop/check shop/tell',
    ]);
    expect(flat(short, 'shop')).toHaveLength(4);
  });

  it('may be of a runbook that includes others, more than once, under names of its own', () => {
    const short = {
      one: { a: '', b: 'a' },
      two: { x: '@one', y: 'x @one' },
      all: { p: '@two', q: 'p' },
    };
    expect(flat(short, 'all')).toEqual([
      'p/x/a:',
      'p/x/b: p/x/a',
      'p/y/a: p/x/b',
      'p/y/b: p/y/a',
      'q: p/y/b',
    ]);
  });

  it('that leads to another one passes on what it needs', () => {
    const short = { one: { a: '' }, all: { start: '', p: 'start @one', q: 'p @one', end: 'q start' } };
    expect(flat(short, 'all')).toEqual(['start:', 'p/a: start', 'q/a: p/a', 'end: q/a start']);
  });

  it('keeps every step once, and an order, however runbooks include each other', () => {
    const layers = fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), {
      minLength: 2,
      maxLength: 5,
    });
    fc.assert(
      fc.property(layers, (made) => {
        const short: Short = { r0: { a: '', b: 'a' } };
        for (const [layer, picks] of made.entries())
          short[`r${layer + 1}`] = Object.fromEntries(
            picks.map((pick, index) => [
              `s${index}`,
              `${index === 0 ? '' : `s${index - 1}`} @r${pick % (layer + 1)}`,
            ]),
          );
        const name = `r${made.length}`;
        const steps = flat(short, name).map((text) => text.split(/: ?/));
        const place = new Map(steps.map(([id = ''], index) => [id, index]));
        expect(place.size).toBe(steps.length);
        for (const [id = '', needs = ''] of steps)
          for (const need of needs.split(' ').filter((each) => each !== ''))
            expect(place.get(need)).toBeLessThan(place.get(id) ?? -1);
      }),
    );
  });
});

const part = `runbooks:
  database:
    say: Promotes one database
    parameters: { from: { say: The old primary }, to: {}, sure: { default: true }, ttl: { default: 2m } }
    steps:
      - { id: halt, do: approve, say: "Stop writing to $\${from}: \${from} and \${to}" }
      - { id: fence, do: postgres.fence, target: "\${from}", needs: [halt] }
      - { id: promote, do: postgres.promote, target: "\${to}", needs: [fence], approve: "\${sure}" }
      - { id: look, do: http.check, url: "https://\${to}.example.org/", within: "\${ttl}", needs: [promote] }
`;

const including = '      - { id: verify';
const included = (fields: string): [string, string] => [
  including,
  `      - { id: db, do: runbook, runbook: ${fields} }\n${including}`,
];
const whole = 'database, with: { from: shop-primary, to: shop-standby }, needs: [declare]';
const withPart = (fields: string, ...changes: [string, string][]) =>
  failoverWith(['runbooks:\n', part], included(fields), ...changes);

describe('a runbook with parameters', () => {
  it('is part of those that give their values, and no runbook by itself', async () => {
    const { policy } = await loadText(withPart(whole));
    expect(Object.keys(policy.runbooks)).toEqual(['shop-failover']);
    const steps = policy.runbooks['shop-failover']?.steps.filter(({ id }) => id.startsWith('db/'));
    expect(steps).toMatchObject([
      { id: 'db/halt', needs: ['declare'], say: `Stop writing to $\{from}: shop-primary and shop-standby` },
      { id: 'db/fence', zone: 'ams', target: { name: 'shop-primary' } },
      { id: 'db/promote', approve: true, primary: { name: 'shop-primary' } },
      { id: 'db/look', within: 120, url: 'https://shop-standby.example.org/' },
    ]);
  });

  it('takes what is given instead of its defaults, as it is', async () => {
    const { policy } = await loadText(withPart(whole.replace('to: shop', 'sure: false, ttl: 1m, to: shop')));
    const steps = policy.runbooks['shop-failover']?.steps ?? [];
    expect(steps.find(({ id }) => id === 'db/promote')).toMatchObject({ approve: false });
    expect(steps.find(({ id }) => id === 'db/look')).toMatchObject({ within: 60 });
  });

  it('may be run by itself where each has a default', async () => {
    const defaults: [string, string] = [
      'from: { say: The old primary }, to: {}',
      'from: { default: shop-primary }, to: { default: shop-standby }',
    ];
    const { policy } = await loadText(withPart(whole, defaults));
    expect(Object.keys(policy.runbooks)).toEqual(['database', 'shop-failover']);
  });

  it('brings the sources that it protects into those that include it', async () => {
    const other: [string, string] = [
      'sources:\n',
      'sources:\n  other: { kind: postgres, zone: ams, host: x.internal, database: x, user: y }\n',
    ];
    const protecting: [string, string] = [
      '    say: Promotes one',
      '    protects: [other]\n    say: Promotes one',
    ];
    const { policy } = await loadText(withPart(whole, other, protecting));
    expect(policy.runbooks['shop-failover']?.protects).toEqual(['other', 'shop']);
  });
});

describe('what is refused of inclusions', () => {
  it.each<[what: string, said: string, fields: string, ...changes: [string, string][]]>([
    [
      'a runbook that is not there',
      'runbooks.shop-failover.steps[7].runbook  no such runbook; did you mean "database"?',
      'databases, needs: [declare]',
      [
        'from: { say: The old primary }, to: {}',
        'from: { default: shop-primary }, to: { default: shop-standby }',
      ],
    ],
    [
      'a parameter without a value',
      'runbooks.shop-failover.steps[7].with  runbook database needs a value for to; write with: { to: … }',
      'database, with: { from: shop-primary }, needs: [declare]',
      [
        '{ id: verify',
        '{ id: db-2, do: runbook, runbook: database, with: { from: shop-primary, to: shop-standby }, needs: [declare] }\n      - { id: verify',
      ],
    ],
    [
      'a parameter that it does not have',
      'runbooks.shop-failover.steps[7].with.frm  runbook database has no such parameter; did you mean "from"?',
      whole.replace('to: shop', 'frm: x, to: shop'),
    ],
    [
      'a parameter in a step that is none',
      'runbooks.database.steps[1].target  this runbook has no parameter of the name in braces; did you mean "from"?',
      whole,
      [`target: "$\{from}"`, `target: "$\{form}"`],
    ],
    [
      'a value that the step could not have, at the step and with who gives it',
      'runbooks.database.steps[1].target  no such target (as runbook shop-failover includes it); did you mean "shop-primary"?',
      whole.replace('shop-primary', 'shop-primry'),
    ],
    [
      'a part that nothing includes',
      'runbooks.database  this runbook has parameters without a value, and no runbook that can be run includes it',
      'other, needs: [declare]',
      ['runbooks:\n', 'runbooks:\n  other: { steps: [{ id: a, do: wait, for: 1m }] }\n'],
    ],
    [
      'runbooks that include each other, told once',
      'runbooks.b.steps[0].runbook  runbooks include each other: a → b → a; take one inclusion out',
      whole,
      [
        'runbooks:\n',
        'runbooks:\n  a: { steps: [{ id: b, do: runbook, runbook: b }, { id: w, do: wait, for: 1m }] }\n  b: { steps: [{ id: a, do: runbook, runbook: a }, { id: w, do: wait, for: 1m }] }\n  c: { steps: [{ id: b, do: runbook, runbook: b }, { id: w, do: wait, for: 1m }] }\n',
      ],
    ],
    [
      'a key that an inclusion does not have',
      'runbooks.shop-failover.steps[7].approve  unknown key',
      whole.replace('needs:', 'approve: true, needs:'),
      [
        '{ id: verify',
        '{ id: db-2, do: runbook, runbook: database, with: { from: shop-primary, to: shop-standby }, needs: [declare] }\n      - { id: verify',
      ],
    ],
    [
      'what is only wrong where it is included, with by whom',
      'runbooks.database.steps[3].in  this zone is lost, and no worker answers there (as runbook shop-failover includes it)',
      whole,
      ['needs: [promote] }\n', 'needs: [promote], in: fra }\n'],
    ],
  ])('%s', async (_what, said, fields, ...changes) => {
    const problems = await printedProblems(withPart(fields, ...changes));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(said);
  });

  it('what a runbook has wrong in itself, once and of it alone, whoever includes it', async () => {
    const whole: [string, string] = [
      'people:\n',
      '  web: { steps: [{ id: a, do: wait, for: 1m, needs: [b] }] }\npeople:\n',
    ];
    const problems = await printedProblems(failoverWith(whole, included('web, needs: [declare]')));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/ {2}runbooks\.web\.steps\[0\]\.needs\[0\] {2}no such step in this runbook;/);
    expect(problems[0]).not.toContain('includes it');
  });

  it('one that grows without end, and soon', async () => {
    const levels = Array.from({ length: 40 }, (_, level) => {
      const next =
        level === 39
          ? '{ id: w, do: wait, for: 1m }'
          : ['a', 'b'].map((id) => `{ id: ${id}, do: runbook, runbook: r${level + 1} }`).join(', ');
      return `  r${level}: { steps: [${next}] }\n`;
    });
    const problems = await printedProblems(failoverWith(['runbooks:\n', `runbooks:\n${levels.join('')}`]));
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem).toContain('this runbook has too many steps; at most 500');
  });
});
