import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { KeptSource } from '../../../policy/kept-in.ts';
import {
  type BucketRule,
  emptyRule,
  lifecycleFor,
  ruleText,
  type Wanted,
} from '../../../repository/lifecycle.ts';
import { checkLifecycle } from '../../../repository/lifecycle-check.ts';

const day = 86_400;
const shop: KeptSource = { source: 'shop', longest: 7 * 366 * day, deadline: 7200 };
const wanted: Wanted = { prefix: 'org/backups', kept: [shop], expire: false };
const rule = (more: Partial<BucketRule>): BucketRule => ({ ...emptyRule('theirs', ''), ...more });
const tidy = rule({ id: 'tidy', abortUploads: 7 });
const check = (more: Partial<BucketRule>, of = wanted) =>
  checkLifecycle([rule(more), tidy], of).map(({ level, sentence }) => `${level}: ${sentence}`);

describe('the lifecycle rules that are written', () => {
  it('move what is large to colder classes, source by source, and expire nothing', () => {
    const forAnything = { enabled: true, tagged: false, below: null, movesAbove: null };
    expect(lifecycleFor(wanted)).toEqual([
      {
        ...forAnything,
        id: 'holdfast-leftovers',
        prefix: 'org/backups/',
        above: null,
        expire: null,
        expireMarkers: true,
        expireNoncurrent: 30,
        abortUploads: 7,
        transitions: [],
      },
      {
        ...forAnything,
        id: 'holdfast-shop',
        prefix: 'org/backups/shop/',
        above: 1_048_576,
        expire: null,
        expireMarkers: false,
        expireNoncurrent: null,
        abortUploads: null,
        transitions: [
          { days: 30, storageClass: 'STANDARD_IA' },
          { days: 90, storageClass: 'GLACIER' },
          { days: 365, storageClass: 'DEEP_ARCHIVE' },
        ],
      },
    ]);
  });

  it.each([
    [29, []],
    [60, ['STANDARD_IA']],
    [179, ['STANDARD_IA']],
    [180, ['STANDARD_IA', 'GLACIER']],
    [545, ['STANDARD_IA', 'GLACIER', 'DEEP_ARCHIVE']],
    [null, ['STANDARD_IA', 'GLACIER', 'DEEP_ARCHIVE']],
  ])('kept for %p days go only where they stay for as long as is billed: %p', (days, classes) => {
    const kept = [{ ...shop, longest: days === null ? null : days * day }];
    const rules = lifecycleFor({ ...wanted, kept });
    expect(rules.flatMap(({ transitions }) => transitions.map((each) => each.storageClass))).toEqual(classes);
  });

  it('expire data where that is asked for, after the longest tier, and never what is kept for ever', () => {
    const kept = [shop, { source: 'vault', longest: null, deadline: 60 }];
    const rules = lifecycleFor({ ...wanted, kept, expire: true });
    expect(rules.map(({ id, expire }) => [id, expire])).toEqual([
      ['holdfast-leftovers', null],
      ['holdfast-shop', 2570],
      ['holdfast-vault', null],
    ]);
  });

  it('let an upload last longer than a backup may', () => {
    const [leftovers] = lifecycleFor({ ...wanted, kept: [{ ...shop, deadline: 10 * day }] });
    expect(leftovers?.abortUploads).toBe(11);
  });

  it('never do what a check calls a fault, whatever the policy keeps', () => {
    const source = fc.record({
      source: fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/),
      longest: fc.option(fc.integer({ min: 1, max: 20 * 366 * day })),
      deadline: fc.integer({ min: 60, max: 30 * day }),
    });
    const policies = fc.record({
      prefix: fc.constantFrom('', 'org/backups'),
      kept: fc.uniqueArray(source, { selector: (each) => each.source, maxLength: 5 }),
      expire: fc.boolean(),
    });
    fc.assert(
      fc.property(policies, (policy) => {
        const found = checkLifecycle(lifecycleFor(policy), policy);
        expect(found.filter(({ level }) => level === 'fault')).toEqual([]);
        if (!policy.expire) expect(found).toEqual([]);
      }),
    );
  });

  it('are told in words', () => {
    expect(lifecycleFor({ ...wanted, expire: true }).map(ruleText)).toEqual([
      'holdfast-leftovers: everything below "org/backups/": removes older versions after 30 days; removes delete markers that hide nothing; removes unfinished uploads after 7 days',
      'holdfast-shop: everything below "org/backups/shop/" of more than 1048576 bytes: moves to STANDARD_IA after 30 days, GLACIER after 90 days, DEEP_ARCHIVE after 365 days; expires after 2570 days',
    ]);
  });
});

describe('a lifecycle rule that is there', () => {
  it('which expires backups too early is named, with how long the policy keeps them', () => {
    expect(check({ prefix: 'org/backups/shop/', expire: 2561 })).toEqual([
      'fault: It expires backups of shop after 2561 days; the policy keeps them up to 2562 days.',
    ]);
    expect(check({ prefix: 'org/backups/shop/', expire: 2562 })).toEqual([
      expect.stringMatching(
        /^warning: It expires backups of shop after 2562 days, and knows neither of holds/,
      ),
    ]);
    const forEver = { ...wanted, kept: [{ ...shop, longest: null }] };
    expect(check({ prefix: 'org/backups/shop/', expire: 99_999 }, forEver)).toEqual([
      expect.stringMatching(/^fault: .* for ever/),
    ]);
    expect(check({ prefix: 'org/backups/shop/', expire: 'date' })).toEqual([
      expect.stringMatching(/^fault: .* fixed day/),
    ]);
  });

  it.each(['', 'org', 'org/backups/', 'org/backups/sh', 'org/backups/shop/2026/'])(
    'reaches backups with the prefix "%s"',
    (prefix) => {
      expect(check({ prefix, expire: 10 })).toContainEqual(
        expect.stringMatching(/^fault: It expires backups/),
      );
    },
  );

  it.each(['other/', 'org/backups-2/', 'org/backups/crm/'])('does not reach them with "%s"', (prefix) => {
    expect(check({ prefix, expire: 10 })).toEqual([]);
  });

  it('that is disabled, or for tagged objects, does nothing', () => {
    expect(check({ expire: 1, enabled: false })).toEqual([]);
    expect(check({ expire: 1, tagged: true })).toEqual([]);
  });

  it('which expires what the repository lives by is named', () => {
    for (const prefix of ['', 'org/backups/_policy/', 'org/backups/_audit/'])
      expect(check({ prefix, expire: 99_999 })).toContainEqual(expect.stringMatching(/^fault: .*audit log/));
    expect(check({ prefix: 'org/backups/shop/', expire: 99_999 })).not.toContainEqual(
      expect.stringMatching(/audit log/),
    );
    const auditOnly = { prefix: '', kept: [], expire: false };
    expect(check({ prefix: '', expire: 9999 }, auditOnly)).toEqual([expect.stringMatching(/^fault/)]);
  });

  it('which expires manifests alone is named as that', () => {
    const directory = 'org/backups/shop/2026/11/21/20261121T010000Z-1a2b3c4d';
    expect(check({ prefix: `${directory}/manifest`, expire: 10 })).toEqual([
      expect.stringMatching(/^fault: It expires manifests and markers of shop/),
    ]);
    expect(check({ prefix: `${directory}/data-`, expire: 10 })).toEqual([
      expect.stringMatching(/^fault: It expires backups of shop/),
    ]);
    expect(check({ prefix: `${directory}/notes`, expire: 10 })).toEqual([]);
  });

  it.each(['GLACIER', 'DEEP_ARCHIVE'])('which moves manifests to %s is named', (storageClass) => {
    const transitions = [{ days: 90, storageClass }];
    const prefix = 'org/backups/shop/';
    expect(check({ prefix, transitions })).toEqual([
      expect.stringMatching(new RegExp(`^fault: It moves manifests and markers of shop to ${storageClass}`)),
    ]);
    expect(check({ prefix: '', transitions })).toHaveLength(2);
    expect(check({ prefix, transitions, above: 2 ** 17 - 1 })).toEqual([]);
    expect(check({ prefix: '', transitions, movesAbove: 2 ** 17 - 1 })).toEqual([]);
    expect(check({ prefix, transitions, above: 1000 })).toHaveLength(1);
    expect(check({ prefix, transitions: [{ days: 1, storageClass: 'STANDARD_IA' }] })).toEqual([]);
  });

  it('which ends uploads sooner than a backup may take, or older versions at once, is named', () => {
    const slow = { ...wanted, kept: [{ ...shop, deadline: 3 * day }] };
    expect(check({ abortUploads: 2 }, slow)).toEqual([expect.stringMatching(/^fault: .*may take 3/)]);
    expect(check({ abortUploads: 3 }, slow)).toEqual([]);
    expect(check({ expireNoncurrent: 7 })).toEqual([expect.stringMatching(/^warning: .*older versions/)]);
    expect(check({ expireNoncurrent: 30 })).toEqual([]);
  });

  it('and that leaves unfinished uploads is told of', () => {
    expect(checkLifecycle([], wanted)).toEqual([
      { rule: null, level: 'warning', sentence: expect.stringMatching(/unfinished uploads/) },
    ]);
  });
});
