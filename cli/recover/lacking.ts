import type { ResolvedRunbook, ResolvedStep } from '../../policy/resolved-failover.ts';
import { isOfWorkers } from '../../workflows/failover/graph.ts';
import { plansOf, secretsOf, secretsOfMessage } from '../step-secrets.ts';
import type { KeyFinder } from './keys.ts';
import { type Environment, faultOf } from './secrets.ts';

/** Something that this machine lacks, and the steps that stop for it. */
export type Lack = { sentence: string; steps: string[] };

/** What this machine has. */
export type Having = { zones: readonly string[]; env: Environment; keys: KeyFinder };

/**
 * What a runbook needs and this machine has not: secrets, keys, zones without a worker, copies. Nothing is asked but this
 * machine.
 */
export async function lackingFor(
  { steps, communication }: ResolvedRunbook,
  { zones, env, keys }: Having,
): Promise<Lack[]> {
  const lacks = new Map<string, string[]>();
  const add = (sentence: string, { id }: ResolvedStep) =>
    lacks.set(sentence, [...(lacks.get(sentence) ?? []), id]);
  for (const step of steps) {
    if (isOfWorkers(step) && !zones.includes(step.zone)) {
      add(
        `No worker of zone ${step.zone} is here. Add --zone ${step.zone}, if this machine can stand in for it.`,
        step,
      );
      continue;
    }
    const channels = step.do === 'communicate' ? secretsOfMessage(step.message, communication) : [];
    for (const { what, ref } of [...secretsOf(step), ...channels]) {
      const fault = await faultOf(ref, env);
      if (fault !== null) add(`${capital(what)} is ${fault}.`, step);
    }
    for (const plan of plansOf(step)) {
      if (plan.copies.length === 0) add(`This repository has no copies of ${plan.name}.`, step);
      const { here, sentence } = await keys(plan.key, step.zone);
      if (!here) add(sentence, step);
    }
  }
  return [...lacks].map(([sentence, of]) => ({ sentence, steps: [...new Set(of)] }));
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
