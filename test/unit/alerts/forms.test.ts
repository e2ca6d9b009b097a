import { describe, expect, it } from '@jest/globals';
import { areRules, isAnnouncement, isObservation } from '../../../workflows/alert-forms.ts';
import { finding, rulesWith } from '../../support/alerts.ts';

const at = '2026-11-21T12:00:00Z';
const observation = { observer: 'health', at, findings: [finding('no-backup', 'shop', { roles: ['dba'] })] };
const announcement = { at, severity: 'info', subject: 'shop', sentence: 'It was restored.' };
const settings = { rules: rulesWith(['ops'], [{}]), organization: 'Example BV', zone: 'ams' };

describe('a Signal to the alerts', () => {
  it('is followed where it is one', () => {
    expect(isObservation(observation)).toBe(true);
    expect(isObservation({ ...observation, findings: [] })).toBe(true);
    expect(isAnnouncement(announcement)).toBe(true);
    expect(areRules(settings)).toBe(true);
  });

  it.each([undefined, null, 'x', 7, [], {}])('is nothing that is followed when it brings %j', (sent) => {
    expect([isObservation(sent), isAnnouncement(sent), areRules(sent)]).toEqual([false, false, false]);
  });

  it.each([
    { observer: 7 },
    { at: 'today' },
    { at: undefined },
    { findings: {} },
    { findings: [null] },
    { findings: [{ ...finding('no-backup', 'shop'), severity: 'loud' }] },
    { findings: [{ ...finding('no-backup', 'shop'), sentence: undefined }] },
    { findings: [{ ...finding('no-backup', 'shop'), kind: 1 }] },
    { findings: [{ ...finding('no-backup', 'shop'), roles: 'dba' }] },
  ])('is no observation with %j', (change) => {
    expect(isObservation({ ...observation, ...change })).toBe(false);
  });

  it.each([{ severity: 'loud' }, { subject: 1 }, { sentence: null }, { roles: [1] }, { at: '' }])(
    'is no announcement with %j',
    (change) => expect(isAnnouncement({ ...announcement, ...change })).toBe(false),
  );

  it.each([
    { rules: undefined },
    { rules: { channels: {}, routes: [] } },
    { rules: { channels: [{}], routes: [] } },
    { rules: { channels: [], routes: [{ severities: ['info'], to: ['ops'] }] } },
    { rules: { channels: [], routes: [{ severities: 'info', to: ['ops'], escalate: [] }] } },
  ])('brings no rules with %j', (change) => {
    expect(areRules({ ...settings, ...change })).toBe(false);
  });
});
