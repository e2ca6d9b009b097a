import type { SwitchStep } from '../activities/switch-types.ts';
import type { Reason } from './contract.ts';
import type { SwitchInput, SwitchOrder } from './contract-switch.ts';
import { failWith, reasonOf } from './failures.ts';
import { activitiesIn } from './proxies.ts';
import type { SwitchDesk } from './switch-desk.ts';

/** What a switch does to services and databases, and undoes. */
export type Deeds = {
  /** @throws ApplicationFailure when a step could not be done: then `undo` is called */
  carryOut(): Promise<void>;
  /** Starts the services again. @throws ApplicationFailure when they do not start */
  resume(): Promise<void>;
  /** Takes back what was done, in the opposite order; goes on after what can't be undone, and tells. */
  undo(): Promise<Undone>;
  /** Seconds for which the services were stopped; null where they were not. */
  downtime(): number | null;
};

export type Undone = { undone: string[]; left: string[] };

/** A worker that is killed is waited for so long, in seconds, before something else is done. */
const worker = 900;
/** What must not be left half-way is tried for hours. */
const stubborn = { within: 6 * 3600, attempts: 60 };

/**
 * The steps from the first that people notice to the last. Each looks at what there is before it does anything, so that
 * one whose worker was killed is done again by the next.
 */
export function openDeeds(input: SwitchInput, order: SwitchOrder, until: string, desk: SwitchDesk): Deeds {
  const { source, rule, zone } = input;
  const step: SwitchStep = { source, rule, order };
  let stoppedAt: number | null = null;
  let startedAt: number | null = null;
  const command = (which: 'quiesce' | 'resume') =>
    activitiesIn(zone, { within: (rule[which]?.timeout ?? 0) * 5 + worker, attempts: 5 }).runSwitchCommand({
      ...step,
      which,
    });

  const quiesce = async () => {
    desk.show({ phase: 'quiescing' });
    stoppedAt = Date.now();
    const { outcome, sentence } = await command('quiesce');
    if (outcome === 'failed') throw failure('The services could not be stopped', sentence);
  };

  const resume = async () => {
    if (stoppedAt === null || startedAt !== null) return;
    for (let attempt = 1; ; attempt += 1) {
      const { outcome, sentence } = await command('resume');
      if (outcome === 'done') break;
      if (attempt === 3) throw failure('The services could not be started', sentence);
    }
    startedAt = Date.now();
  };

  return {
    carryOut: async () => {
      await quiesce();
      desk.show({ phase: 'switching' });
      await activitiesIn(zone, { within: worker, attempts: 5 }).switchDatabases(step);
    },
    undo: async () => {
      const undone: string[] = [];
      const left: string[] = [];
      const part = async (what: string, deed: () => Promise<string | null>) => {
        try {
          const sentence = await deed();
          if (sentence !== null) undone.push(sentence);
        } catch (error) {
          left.push(`${what}: ${reasonOf(error).sentence}`);
        }
      };
      await part('The databases did not get their names back', async () => {
        const found = await activitiesIn(zone, stubborn).undoSwitch({ ...step, until });
        return found ? `${order.live} has its name back.` : `${order.live} was not touched.`;
      });
      await part('The services were not started again', async () => {
        if (stoppedAt === null) return null;
        await resume();
        return rule.resume === undefined ? null : 'The services were started again.';
      });
      await part('The scratch database is still there', async () => {
        await activitiesIn(zone, { within: 3600, attempts: 10 }).discardScratch(step);
        return `The scratch database ${order.scratch} is gone.`;
      });
      return { undone, left };
    },
    resume,
    downtime: () =>
      stoppedAt === null || rule.quiesce === undefined
        ? null
        : ((startedAt ?? Date.now()) - stoppedAt) / 1000,
  };
}

function failure(what: string, sentence: string | null) {
  const reason: Reason = {
    code: 'process-failed',
    sentence: `${what}: ${sentence ?? 'no reason was given.'}`,
  };
  return failWith(reason);
}
