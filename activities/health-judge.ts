import { Context } from '@temporalio/activity';
import { type Known, weighHealth } from '../checks/health.ts';
import { temporalFacts } from '../schedules/temporal-facts.ts';
import type {
  HealthInput,
  HealthJudgement,
  JudgeHealthInput,
  TemporalFacts,
  ZoneAnswer,
} from '../workflows/contract-checks.ts';
import { unpack } from './packing.ts';
import { reasonOf } from './reason.ts';
import { inputOfRun } from './run-input.ts';
import type { Work } from './work.ts';
import { zoneFactsForm } from './zone-facts-form.ts';

/** So often Temporal is asked again before it is told that it could not be asked: it may be starting. */
const attempts = 4;

/** Weighs what the zones told with what Temporal knows of Schedules and runs, which never enters the history. */
export async function judgeHealth(work: Work, { answers, at }: JudgeHealthInput): Promise<HealthJudgement> {
  const input = await inputOfRun<HealthInput>();
  const zones = answers.map(knownOf);
  const weighed = weighHealth(
    input,
    { zones, temporal: await askTemporal(work, input, zones) },
    new Date(at),
  );
  const clean = weighed.findings.length + weighed.unchecked.length === 0;
  return { ...weighed, result: clean ? 'passed' : 'failed' };
}

function knownOf(answer: ZoneAnswer): Known {
  const { zone } = answer;
  return 'packed' in answer
    ? { zone, facts: unpack(answer.packed, zoneFactsForm), silent: null }
    : { zone, facts: null, silent: answer.silent };
}

async function askTemporal(
  work: Work,
  input: HealthInput,
  zones: readonly Known[],
): Promise<TemporalFacts | { unknown: string }> {
  const { client, info } = Context.current();
  try {
    const { organization, plans, schedules = [] } = input;
    const asked = { organization, plans, schedules, zones: zones.map(({ zone }) => zone) };
    return await temporalFacts(client, asked);
  } catch (error) {
    if (work.signal.aborted || info.attempt < attempts) throw error;
    return { unknown: reasonOf(error).sentence };
  }
}
