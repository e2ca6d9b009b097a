import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { failoverInput } from '../../../cli/failovers.ts';
import { runbookTemplate, runbookTemplates, withRunbook } from '../../../policy/index.ts';
import type { ActionName } from '../../../policy/resolved-failover.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../../workflows/contract.ts';
import type { FailoverInput, StepProgress, StepReport } from '../../../workflows/contract-failover.ts';
import { type Failover, say, seen } from '../../support/failovers.ts';
import { openSkipping, type Skipping } from '../../support/skipping.ts';
import { communicationsLeads, failoverWith } from '../../unit/policy/failover-support.ts';
import { loadText } from '../../unit/policy/support.ts';

let skipping: Skipping;

/** In a drill without a target of their own these say what they would do, and need nothing that this policy names. */
const asTheyAre: ReadonlySet<ActionName> = new Set(['http.check', 'postgres.fence']);
const done: StepReport = { exceptions: [], results: [], sentence: 'Done.', output: null };
const choices = [{ id: 'standby', sentence: 'Promote it', rtoSeconds: 10, rpoSeconds: 0 }];

beforeAll(async () => {
  // The servers of the policy are not there: what steps do to them is tested with servers that are.
  skipping = await openSkipping(['fra', 'ams'], (real) => ({
    lookAtStep: async ({ step }) => ({
      findings: [],
      facts: [],
      choices: step.do === 'postgres.recover' ? choices : [],
    }),
    doStep: (input) => (asTheyAre.has(input.step.do) ? real.doStep(input) : Promise.resolve(done)),
    checkStep: (input) => (asTheyAre.has(input.step.do) ? real.checkStep(input) : Promise.resolve(done)),
    undoStep: async () => ({ outcome: 'nothing-to-undo', sentence: 'Nothing was done.' }),
  }));
});

afterAll(() => skipping?.close());

async function inputOf(name: (typeof runbookTemplates)[number]): Promise<FailoverInput> {
  const text = failoverWith(...communicationsLeads);
  const { policy } = await loadText(withRunbook(text, name, await runbookTemplate(name, text)));
  const runbook = policy.runbooks[name];
  if (runbook === undefined) throw new Error(`no runbook ${name}`);
  const drill = { owner: 'dba-2', expect: [], inject: [] };
  const {
    audit: _audit,
    alertZone: _zone,
    ...input
  } = failoverInput(policy, runbook, {
    ...{ mode: 'drill', person: 'dba-2', reason: 'A rehearsal', drill },
  });
  return { ...input, repositories: [], signingKeys: {} };
}

/** Somebody who may answers what a step asks. */
async function answer(
  handle: Failover,
  { people, person }: FailoverInput,
  step: StepProgress,
): Promise<void> {
  const { id, hash, waitsFor } = step;
  const refused: string[] = [];
  for (const { name: by } of people.filter(({ name }) => name !== person)) {
    const said = { by, step: id, hash: hash ?? '' };
    const answers = {
      approval: () => say(handle, 'approve', said),
      choice: () => say(handle, 'choose', { ...said, option: 'standby' }),
      deed: () => say(handle, 'complete', { by, step: id, evidence: 'it was said how' }),
      decision: () => Promise.reject(new Error(`${id} failed: ${step.sentences.join(' ')}`)),
    };
    const { outcome, sentence } = await answers[waitsFor?.kind ?? 'decision']();
    if (outcome === 'followed') return;
    refused.push(sentence);
  }
  throw new Error(`nobody could answer ${id}: ${refused.join(' ')}`);
}

describe('a drill of a template, by the people of a policy', () => {
  it.each(runbookTemplates.map((name) => [name]))('%s comes to its end, every step done', async (name) => {
    const input = await inputOf(name);
    const handle = await skipping.environment.client.workflow.start<Workflows['failover']>(
      workflowTypes.failover,
      { workflowId: `drill/${name}`, taskQueue: taskQueueOf(input.runbook.zone), args: [input] },
    );
    const asked = new Set<string>();
    for (;;) {
      const waits = (step: StepProgress) => step.waitsFor !== null;
      const { phase, steps } = await seen(handle, (run) => run.phase === 'done' || run.steps.some(waits));
      if (phase === 'done') break;
      for (const step of steps.filter(waits)) {
        asked.add(step.id);
        await answer(handle, input, step);
      }
    }
    const { result, steps } = await handle.result();
    expect(result).toMatch(/^passed/);
    expect(steps.filter(({ state }) => !state.startsWith('passed'))).toEqual([]);
    const people = input.runbook.steps.filter(
      (step) => step.do === 'approve' || step.do === 'manual' || step.approve,
    );
    for (const { id } of people) expect(asked).toContain(id);
  });
});
