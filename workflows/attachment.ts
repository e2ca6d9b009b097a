import type { Manual, Person } from '../policy/resolved.ts';
import type { AirgapPhase, AttachWord } from './contract-airgap.ts';

/** From which time of asking on the escalation is asked as well. */
const escalatesAt = 3;

/** The roles that are asked, for the so-manieth time. */
export function rolesAsked({ role, escalate }: Manual, asked: number): string[] {
  return escalate !== undefined && asked >= escalatesAt ? [role, escalate] : [role];
}

/** Why a person's word can't be taken; null when it can. Synchronous, so that a validator may ask. */
export function faultInWord(
  word: AttachWord,
  verb: 'attached' | 'detached',
  state: { phase: AirgapPhase; repository: string },
  manual: Manual,
  people: readonly Person[],
): string | null {
  if (typeof word !== 'object' || word === null || typeof word.by !== 'string' || word.by === '')
    return 'Say who you are: {"by": "NAME"}.';
  const wanted: AirgapPhase = verb === 'attached' ? 'asking to attach' : 'asking to detach';
  if (state.phase !== wanted)
    return `Nobody is asked whether ${state.repository} is ${verb} now: the run is ${state.phase}.`;
  const person = people.find(({ name }) => name === word.by);
  if (person === undefined) return `The policy knows no ${word.by} among its people.`;
  const roles = manual.escalate === undefined ? [manual.role] : [manual.role, manual.escalate];
  if (person.roles.some((role) => roles.includes(role))) return null;
  return `${word.by} is not asked: that is for ${roles.join(' or ')}.`;
}

/** What is asked of people, as a sentence. */
export function question(verb: 'attach' | 'detach', repository: string, zone: string): string {
  const done = verb === 'attach' ? 'attached' : 'detached';
  return `Please ${verb} ${repository} in zone ${zone}, and say so: \`holdfast repository ${done} ${repository} --as NAME\`.`;
}
