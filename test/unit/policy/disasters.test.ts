import { describe, expect, it } from '@jest/globals';
import { expectOnlyProblem, withPlan } from './communication-support.ts';
import type { Refusal } from './failover-support.ts';
import { loadText } from './support.ts';

describe('disasters', () => {
  it('choose a runbook, how grave it is, and who is called and told', async () => {
    const { policy } = await loadText(withPlan());
    expect(policy.disasters).toEqual({
      'site-loss': {
        name: 'site-loss',
        class: 'critical',
        say: 'fra is dark',
        runbook: 'shop-failover',
        severity: 'critical',
        roles: ['incident-commander', 'dba'],
        tell: ['operator'],
      },
      'slow-disk': {
        name: 'slow-disk',
        class: 'minor',
        say: 'The shop moves to Amsterdam',
        runbook: 'shop-failover',
        severity: 'info',
        roles: ['dba'],
        tell: [],
      },
    });
    const quiet = await loadText(withPlan([', severity: info', '']));
    expect(quiet.policy.disasters['slow-disk']?.severity).toBe('warning');
  });

  it.each<Refusal>([
    [
      'a runbook that there is not',
      'disasters.site-loss.runbook  no such runbook; did you mean "shop-failover"?',
      'site-loss',
      ['site-loss: { runbook: shop-failover', 'site-loss: { runbook: shop-failovr'],
    ],
    [
      'a runbook that is only included',
      'disasters.site-loss.runbook  this runbook has parameters without a value, and so is only included in others',
      'site-loss',
      ['site-loss: { runbook: shop-failover', 'site-loss: { runbook: part'],
      [
        'runbooks:\n',
        `runbooks:\n  whole: { steps: [{ id: a, do: runbook, runbook: part, with: { x: 1m } }] }\n  part: { parameters: { x: {} }, steps: [{ id: a, do: wait, for: "\${x}" }] }\n`,
      ],
    ],
    [
      'a class that there is not',
      'disasters.slow-disk.class  expected minor, major or critical; did you mean "minor"?',
      'slow-disk',
      ['class: minor', 'class: minr'],
    ],
    [
      'a severity that there is not',
      'disasters.slow-disk.severity  expected info, warning or critical',
      'slow-disk',
      ['severity: info', 'severity: loud'],
    ],
    [
      'a role that is called and that nobody holds',
      'disasters.slow-disk.roles[0]  nobody holds this role; did you mean "dba"?',
      'slow-disk',
      ['roles: [dba], severity', 'roles: [dbb], severity'],
    ],
    [
      'a role that is told and that nobody holds',
      'disasters.site-loss.tell[0]  nobody holds this role; did you mean "operator"?',
      'site-loss',
      ['tell: [operator]', 'tell: [operators]'],
    ],
    [
      'a role that is called and told',
      'disasters.slow-disk.tell[0]  this role is called already, which tells it',
      'slow-disk',
      ['roles: [dba], severity', 'roles: [dba], tell: [dba], severity'],
    ],
    [
      'a role that is called twice',
      'disasters.slow-disk.roles[1]  this role is named twice',
      'slow-disk',
      ['roles: [dba], severity', 'roles: [dba, dba], severity'],
    ],
  ])('are refused with %s', async (_what, said, line, ...changes) => {
    await expectOnlyProblem(withPlan(...changes), said, line);
  });
});
