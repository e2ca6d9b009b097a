import { Context } from '@temporalio/activity';
import { sendToFollowUps } from '../schedules/follow-ups.ts';
import type { TellFollowUpsInput } from '../workflows/contract-follow-ups.ts';
import type { Work } from './work.ts';

/** Starts the workflow `follow-ups` where it does not run, and tells it; what it was told before it refuses. */
export function tellFollowUps(_work: Work, input: TellFollowUpsInput): Promise<void> {
  return sendToFollowUps(Context.current().client, input);
}
