import { access, constants } from 'node:fs/promises';
import { lookUp } from '../../policy/lookup.ts';
import type { ResolvedPlan, ResolvedPolicy, SecretRef } from '../../policy/resolved.ts';
import type { ResolvedRunbook, ResolvedStep } from '../../policy/resolved-failover.ts';
import { placeOf } from '../../process/index.ts';
import { isOfWorkers } from '../../workflows/failover/graph.ts';
import { secretsOf, secretsOfMessage } from '../step-secrets.ts';

/** Something that this machine lacks, and the steps that stop for it. */
export type Lack = { sentence: string; steps: string[] };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What a runbook needs and this machine has not: secrets, zones without a worker, copies. Nothing is asked but this machine:
 * a command that prints a secret may ask what is lost, and is not run.
 */
export async function lackingFor(
  { steps, communication }: ResolvedRunbook,
  zones: readonly string[],
  env: Environment,
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
      if (!opensIn(plan, step.zone))
        add(
          `The key ${plan.key.name} is not opened in zone ${step.zone}. Add --key ${plan.key.name}=FILE.`,
          step,
        );
    }
  }
  return [...lacks].map(([sentence, of]) => ({ sentence, steps: [...new Set(of)] }));
}

/**
 * Why no report of a run here would be signed, and so none kept; null when it would.
 *
 * @param leading the zone that signs, if it has a key
 */
export async function whyUnsigned(
  { signingKeys }: Pick<ResolvedPolicy, 'signingKeys'>,
  leading: string,
  env: Environment,
): Promise<string | null> {
  const ref = lookUp(signingKeys, leading) ?? Object.values(signingKeys)[0];
  const fault = ref === undefined ? 'not here' : await faultOf(ref, env);
  return fault === null
    ? null
    : `The key that signs the report is ${fault}. Bring one with --signing-key FILE: an unsigned report is not kept.`;
}

/** Why a secret can't be read here; null when it can. */
export async function faultOf(ref: SecretRef, env: Environment): Promise<string | null> {
  if ('env' in ref) return env[ref.env] ? null : `not here: ${placeOf(ref)} is not set`;
  if ('command' in ref) return `not tried: it is ${placeOf(ref)}, which may ask what is lost`;
  return access(ref.file, constants.R_OK).then(
    () => null,
    () => `not here: ${placeOf(ref)} can't be read`,
  );
}

export const opensIn = ({ key }: Pick<ResolvedPlan, 'key'>, zone: string): boolean =>
  Object.hasOwn(key.kind === 'gpg' ? key.opens : key.passphrase, zone);

function plansOf(step: ResolvedStep): ResolvedPlan[] {
  if (step.do === 'backups.verify') return step.plans;
  return step.do === 'restore' || step.do === 'postgres.recover' ? [step.plan] : [];
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
