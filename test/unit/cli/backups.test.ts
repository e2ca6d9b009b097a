import { describe, expect, it } from '@jest/globals';
import { copiesNear, groupCopies, named, parseBackupName, restoreZone } from '../../../cli/backups.ts';
import { nearestFirst } from '../../../policy/reach.ts';
import type { CatalogueEntry } from '../../../workflows/contract-catalogue.ts';
import { planOf, policyOf } from '../../support/plans.ts';

const entry = (backupId: string, repository: string, fault?: string): CatalogueEntry => ({
  repository,
  source: 'shop',
  backupId,
  plan: 'shop-daily',
  startedAt: '2026-11-21T01:00:00Z',
  endedAt: '2026-11-21T01:01:00Z',
  dataTime: '2026-11-21T01:00:01Z',
  bytes: 1,
  rawBytes: null,
  tables: null,
  rows: null,
  server: 'PostgreSQL 15',
  key: 'databases',
  signedBy: 'fra',
  wanted: ['local', 'offsite'],
  workflowId: 'w',
  runId: 'r',
  files: [],
  ...(fault === undefined ? {} : { fault }),
});

describe('backups as people name and see them', () => {
  it('groups copies by backup, newest first, and keeps faulty ones apart', () => {
    const older = '20261120T010000Z-aaaaaaaa';
    const newer = '20261121T010000Z-bbbbbbbb';
    const groups = groupCopies([
      entry(older, 'local'),
      entry(newer, 'local'),
      entry(newer, 'offsite', 'changed'),
    ]);
    expect(groups.map(({ backupId }) => backupId)).toEqual([newer, older]);
    expect(groups[0]?.copies.map(({ repository }) => repository)).toEqual(['local']);
    expect(groups[0]?.faulty.map(({ repository }) => repository)).toEqual(['offsite']);
  });

  it('reads ids and latest:PLAN, and nothing else', () => {
    expect(parseBackupName('20261121T010000Z-1a2b3c4d')).toEqual({ id: '20261121T010000Z-1a2b3c4d' });
    expect(parseBackupName('latest:shop-daily')).toEqual({ latestOf: 'shop-daily' });
    for (const text of ['latest:', '20261121', '../x'])
      expect(() => parseBackupName(text)).toThrow('does not name');
  });

  it('orders repositories by distance, and leaves out a directory of another zone', () => {
    const { copies } = planOf('shop');
    const [local, offsite] = copies;
    if (local === undefined || offsite === undefined) throw new Error('the plan has two copies');
    const sameSite = { ...offsite, name: 'beside', zone: 'other', site: 'de-fra1' };
    const far = { ...offsite, name: 'far', zone: 'us', region: 'US', site: 'us-1' };
    const order = (zone: string, site: string) =>
      nearestFirst([far, offsite, sameSite, local], { zone, site, region: 'EU' }).map(({ name }) => name);
    expect(order('fra', 'de-fra1')).toEqual(['local', 'beside', 'offsite', 'far']);
    expect(order('ams', 'nl-ams1')).toEqual(['offsite', 'beside', 'far']);
  });

  it('takes the copies that a place can read, or the one that was asked for, and says where they are', () => {
    const policy = policyOf([planOf('shop')]);
    const copies = ['local', 'offsite'].map((name) => entry('20261121T010000Z-bbbbbbbb', name));
    const [found] = groupCopies(copies);
    const { fra, ams } = policy.zones;
    if (found === undefined || fra === undefined || ams === undefined) throw new Error('there are copies');
    const names = (place: typeof fra, from?: string) =>
      copiesNear(policy, found, place, from).map(({ name }) => name);
    expect(names(fra)).toEqual(['local', 'offsite']);
    expect(names(fra, 'offsite')).toEqual(['offsite']);
    expect(names(ams)).toEqual(['offsite']);
    expect(() => names(ams, 'local')).toThrow(`No copy of ${found.backupId} can be read from zone ams.`);
  });

  it('restores where the key opens, at home before elsewhere', () => {
    const backup = { source: 'shop', keyName: 'databases' };
    const opens = (...zones: string[]) =>
      policyOf([
        planOf('shop', {
          key: {
            kind: 'gpg',
            name: 'databases',
            recipients: [],
            opens: Object.fromEntries(zones.map((zone) => [zone, { env: 'KEY' }])),
          },
        }),
      ]);
    expect(restoreZone(opens('ams', 'fra'), backup, undefined).zone).toBe('fra');
    expect(restoreZone(opens('ams'), backup, undefined).zone).toBe('ams');
    expect(() => restoreZone(opens('ams'), backup, 'fra')).toThrow('is not opened in zone fra');
    expect(() => restoreZone(opens(), backup, undefined)).toThrow('No zone opens the key');
    expect(() => restoreZone(opens('ams'), { ...backup, keyName: 'gone' }, undefined)).toThrow(
      'no plan with the key',
    );
  });

  it('finds members by name, and suggests the nearest', () => {
    const plans = { 'shop-daily': 1, crm: 2 };
    expect(named(plans, 'crm', 'plan')).toBe(2);
    for (const name of ['shop-dialy', 'constructor'])
      expect(() => named(plans, name, 'plan')).toThrow(`The policy has no plan "${name}".`);
    expect(() => named({}, 'crm', 'refresh')).toThrow('The policy has no refresh "crm", and no other one.');
  });
});
