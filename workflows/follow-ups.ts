import { workflowTypes } from './contract.ts';
import type { FollowUpsInput } from './contract-follow-ups.ts';
import { openFollowUpsDesk } from './follow-ups-desk.ts';
import { keepOn } from './keeper.ts';

/**
 * Keeps what drills and failovers left to be done: reminds the owner on the day before, and has it told as an alert from
 * the end of its day until somebody closes it.
 */
export async function followUps(input: FollowUpsInput): Promise<void> {
  await keepOn(workflowTypes.followUps, () => openFollowUpsDesk(input));
}
