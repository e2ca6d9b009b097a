import { describe, expect, it } from '@jest/globals';
import { fullWith, loadText, printedProblems } from './support.ts';

const runbooks = `runbooks:
  shop-failover:
    steps: [{ id: declare, do: approve, role: incident-commander, say: Declare it }]
    protects: [shop]
`;

const written = 'shop: { say: The web shop, owner: dba-1, sources: [shop], reviewed: 2026-11-01 }';

const serving = (services = written) =>
  fullWith(['people:\n', `${runbooks}services: { ${services} }\npeople:\n`]);

describe('a service', () => {
  it('has the plans of its sources, and the runbooks that fail them over', async () => {
    const { policy } = await loadText(serving());
    expect(policy.services).toEqual({
      shop: {
        name: 'shop',
        say: 'The web shop',
        owner: 'dba-1',
        sources: ['shop'],
        plans: ['shop-daily'],
        runbooks: ['shop-failover'],
        contacts: [],
        review: 365 * 86_400,
        reviewed: '2026-11-01',
      },
    });
  });

  it('has the sources of its plans', async () => {
    const { policy } = await loadText(serving(written.replace('sources: [shop]', 'plans: [shop-daily]')));
    expect(policy.services.shop).toMatchObject({ sources: ['shop'], plans: ['shop-daily'] });
  });

  it('is absent where the policy names none', async () => {
    expect((await loadText(fullWith())).policy.services).toEqual({});
  });

  it.each<[string, string, string]>([
    ['never reviewed', ', reviewed: 2026-11-01', 'continuity-never-reviewed'],
    ['without a runbook', 'protects: [shop]', 'service-without-runbook'],
  ])('%s is weak', async (_name, piece, weakness) => {
    const ids = async (text: string) => (await loadText(text)).weaknesses.map(({ id }) => id);
    expect(await ids(serving())).not.toContain(weakness);
    const text = serving();
    expect(text).toContain(piece);
    expect(await ids(text.replace(piece, ''))).toContain(weakness);
  });
});

describe('what is refused of a service', () => {
  it.each<[string, string, string, string]>([
    [
      'an owner whom nobody knows',
      'owner: dba-1',
      'owner: dba-l',
      'services.shop.owner  no such person; did you mean "dba-1"?',
    ],
    [
      'a source that is not there',
      'sources: [shop]',
      'sources: [shopp]',
      'services.shop.sources[0]  no such source; did you mean "shop"?',
    ],
    [
      'a plan that is not there',
      'sources: [shop]',
      'plans: [shop-dayly]',
      'services.shop.plans[0]  no such plan; did you mean "shop-daily"?',
    ],
    [
      'a runbook that is not there',
      'sources: [shop]',
      'sources: [shop], runbooks: [shop-failovr]',
      'services.shop.runbooks[0]  no such runbook; did you mean "shop-failover"?',
    ],
    [
      'a contact whom nobody knows',
      'sources: [shop]',
      'sources: [shop], contacts: [nobody]',
      'services.shop.contacts[0]  no such person',
    ],
    [
      'nothing that is backed up',
      'sources: [shop], ',
      '',
      'services.shop.sources  this service has nothing that is backed up; name its sources or its plans',
    ],
    [
      'a day that is none',
      '2026-11-01',
      '2026-02-30',
      'services.shop.reviewed  this is no day; write it as year-month-day, like 2026-11-01',
    ],
    ['a source twice', '[shop]', '[shop, shop]', 'services.shop.sources[1]  this source is named twice'],
    ['an unknown key', 'say: ', 'sya: x, say: ', 'services.shop.sya  unknown key; did you mean "say"?'],
  ])('%s', async (_name, piece, replacement, sentence) => {
    expect(written).toContain(piece);
    const problems = await printedProblems(serving(written.replace(piece, replacement)));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`  ${sentence}`);
  });
});
