import { condition, defineQuery, defineSignal, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { tryAnnounce, tryObserve } from './alerting.ts';
import { openTrail, ownZone } from './audit.ts';
import {
  type FollowUp,
  type FollowUpAnswer,
  type FollowUpList,
  type FollowUpMessageName,
  type FollowUpSaid,
  type FollowUpsInput,
  type FollowUpsMemory,
  type FollowUpsRules,
  type FollowUpsSettings,
  followUpMessages,
  followUpSettingsSignal,
  followUpsQuery,
  followUpsWorkflowId,
} from './contract-follow-ups.ts';
import { announcementOf, nextDue, overdueOf, remindersOf, toldAgain } from './follow-ups-chase.ts';
import { followUpsMarkdown } from './follow-ups-details.ts';
import { areRules, malformed } from './follow-ups-forms.ts';
import { happeningOf } from './follow-ups-record.ts';
import { emptyMemory, fitted, follow, withRefusal } from './follow-ups-state.ts';
import { hear } from './hear.ts';
import type { KeeperDesk } from './keeper.ts';

/** Shows the follow-ups in the query and the current details, and hears Updates and Signals by the same checks. */
export function openFollowUpsDesk({ carried, ...given }: FollowUpsInput): KeeperDesk<FollowUpsInput> {
  let settings: FollowUpsSettings = given;
  let memory: FollowUpsMemory = carried ?? emptyMemory;
  let untold: string | null = null;
  let unrecorded: string | null = null;
  let recorded = 0;
  let zone: string | null = null;
  let told: { text: string; at: number } | null = null;
  let busy = 0;
  let woken = false;
  const about = () => ({ settings, memory, now: Date.now() });
  const beside = (work: () => Promise<void>) => {
    busy += 1;
    void work().finally(() => {
      busy -= 1;
    });
  };
  const tell = (telling: () => Promise<string | null>) =>
    beside(async () => {
      untold = await telling();
    });
  /** Tells the alerts what is overdue: when that has changed, and now and then, since they may have lost it. */
  const chase = () => {
    const findings = overdueOf(about());
    const text = JSON.stringify(findings);
    if (told !== null && told.text === text && Date.now() - told.at < toldAgain) return;
    told = { text, at: Date.now() };
    tell(() => tryObserve(settings.alertZone, followUpsWorkflowId, findings));
  };
  const record = (name: FollowUpMessageName, of: FollowUp, what: { by: string; sentence: string }) => {
    const { audit } = settings;
    if (audit === undefined) return;
    recorded += 1;
    const happening = happeningOf(name, of, { ...what, count: recorded });
    beside(async () => {
      unrecorded = await openTrail(audit, ownZone()).tryRecord(happening);
    });
  };
  const refuse = async (by: string | null, sentence: string): Promise<FollowUpAnswer> => {
    memory = withRefusal(memory, by, sentence, Date.now());
    return { outcome: 'refused', sentence };
  };
  const listen = <Name extends FollowUpMessageName>(name: Name): void => {
    const heard = async (said: FollowUpSaid[Name]): Promise<FollowUpAnswer> => {
      const followed = follow(about(), name, said);
      if ('refusal' in followed) return refuse(said.by, followed.refusal);
      const { sentence, of } = followed;
      if (followed.memory === memory) return { outcome: 'followed', sentence };
      memory = followed.memory;
      woken = true;
      record(name, of, { by: said.by, sentence });
      if (name === 'add' || name === 'assign')
        tell(() =>
          tryAnnounce(settings.alertZone, announcementOf(of, `is theirs until ${of.due}`, settings)),
        );
      return { outcome: 'followed', sentence };
    };
    hear<FollowUpSaid[Name], FollowUpAnswer>(
      name,
      heard,
      (sent) => malformed(name, sent),
      (sentence) => refuse(null, sentence),
      () => false,
    );
  };
  for (const name of Object.values(followUpMessages)) listen(name);
  const list = (): FollowUpList => ({
    open: memory.open,
    closed: memory.closed,
    refused: memory.refused,
    untold: unrecorded ?? untold,
  });
  setHandler(defineQuery<FollowUpList>(followUpsQuery), list);
  setHandler(defineSignal<[FollowUpsRules | undefined]>(followUpSettingsSignal), (sent) => {
    if (sent === undefined || !areRules(sent)) return;
    const { zone: wanted, ...next } = sent;
    settings = next;
    if (wanted !== undefined) zone = wanted === ownZone() ? null : wanted;
    woken = true;
  });
  return {
    work: () => {
      const reminded = remindersOf(about());
      memory = reminded.memory;
      for (const announcement of reminded.announcements)
        tell(() => tryAnnounce(settings.alertZone, announcement));
      chase();
      setCurrentDetails(followUpsMarkdown(list()));
    },
    pause: async () => {
      const due = nextDue(about());
      if (due === null) await condition(() => woken);
      else await condition(() => woken, Math.max(1, due - Date.now()));
      woken = false;
    },
    idle: () => busy === 0,
    zone: () => zone,
    carried: () => ({ ...settings, carried: fitted(memory) }),
  };
}
