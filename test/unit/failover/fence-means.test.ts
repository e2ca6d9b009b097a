import { describe, expect, it } from '@jest/globals';
import { meansOf } from '../../../activities/steps/fence-means.ts';

const command = { run: ['true'], timeout: 10, secrets: {} };
const primary = { name: 'shop', zone: 'fra', stop: command, cutOff: { zone: 'ams', command } };
const kinds = (here: string, lost: string[], target: Parameters<typeof meansOf>[0] = primary) =>
  meansOf(target, here, lost).map(({ kind }) => kind);

describe('how a server can be fenced', () => {
  it('is by stopping it beside it, and by cutting it off from elsewhere', () => {
    expect(kinds('fra', [])).toEqual(['stop']);
    expect(kinds('ams', [])).toEqual(['cut-off']);
    expect(kinds('lon', [])).toEqual([]);
  });

  it('asks nothing of a lost zone', () => {
    expect(kinds('fra', ['fra'])).toEqual([]);
    expect(kinds('ams', ['fra'])).toEqual(['cut-off']);
  });

  it('is tried in both ways where one worker can do both', () => {
    expect(kinds('fra', [], { ...primary, cutOff: { zone: 'fra', command } })).toEqual(['stop', 'cut-off']);
  });
});
