import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { isPermanent } from '../policy/errors.ts';
import type { NotificationRules } from '../policy/resolved-proof.ts';
import { delivered, retry, undelivered } from './alert-channels.ts';
import { alertsMarkdown } from './alert-details.ts';
import { areRules, isAnnouncement, isObservation } from './alert-forms.ts';
import { messageOf } from './alert-message.ts';
import { happeningsOf } from './alert-records.ts';
import { fitted } from './alert-size.ts';
import { announce, emptyMemory, follow, observe } from './alert-state.ts';
import { type Delivery, nextDue, type Recording, tick } from './alert-times.ts';
import { openTrail, ownZone } from './audit.ts';
import {
  type AlertsInput,
  type AlertsMemory,
  type AlertsSettings,
  type AlertsState,
  alertsQuery,
  announceSignal,
  observeSignal,
  rulesSignal,
  type TestChannels,
  type TestedChannel,
  testUpdate,
  type Undelivered,
} from './contract-alerts.ts';
import { reasonOf } from './failures.ts';
import type { KeeperDesk } from './keeper.ts';
import { activitiesIn } from './proxies.ts';

/** One delivery: the workflow itself tries again later, with what has come meanwhile. */
const delivery = { within: 900, attempts: 3, patience: 600, urgent: true };

/** A test that somebody waits for. */
const quick = { within: 120, attempts: 3, patience: 60, urgent: true };

/** Shows the alerts in the query and the current details, and hears observers, rules and tests. */
export function openAlertsDesk({ carried, steady, ...given }: AlertsInput): KeeperDesk<AlertsInput> {
  let settings: AlertsSettings = given;
  let memory: AlertsMemory = carried ?? emptyMemory;
  let unrecorded: string | null = null;
  let zone: string | null = null;
  let busy = 0;
  let woken = false;
  const state = (): AlertsState => stateOf(memory, unrecorded);
  const become = (next: AlertsMemory) => {
    if (next === memory) return;
    memory = next;
    woken = true;
  };
  /** Work beside the workflow's main line, which a new run waits for. */
  const beside = (work: () => Promise<void>) => {
    busy += 1;
    void work().finally(() => {
      busy -= 1;
      woken = true;
    });
  };
  const deliver = async (due: Delivery) => {
    const { channel, number } = due;
    const message = messageOf(memory, due, settings.organization);
    // What was cured and found again meanwhile may leave nothing to tell.
    if (message.alerts.length === 0 && message.more === 0)
      return become(delivered(memory, channel, [], Date.now()));
    try {
      const { refused } = await activitiesIn(ownZone(), delivery).notify({
        rules: settings.rules,
        channel,
        messageId: `alerts-${workflowInfo().firstExecutionRunId}-${number}`,
        ...message,
      });
      become(delivered(memory, channel, refused, Date.now()));
    } catch (error) {
      const { code, sentence } = reasonOf(error);
      become(undelivered(memory, channel, { sentence, permanent: isPermanent(code) }, Date.now()));
    }
  };
  const record = async (recording: Recording) => {
    if (settings.audit === undefined) return;
    const trail = openTrail(settings.audit, ownZone());
    unrecorded = await trail.tryRecord(...happeningsOf(recording, Date.now()));
  };
  setHandler(defineQuery<AlertsState>(alertsQuery), state);
  setHandler(defineSignal<[unknown]>(observeSignal), (sent) => {
    if (isObservation(sent)) become(observe(memory, settings.rules, sent, Date.now(), steady === true));
  });
  setHandler(defineSignal<[unknown]>(announceSignal), (sent) => {
    if (isAnnouncement(sent)) become(announce(memory, settings.rules, sent, Date.now()));
  });
  setHandler(defineSignal<[unknown]>(rulesSignal), (sent) => {
    if (!areRules(sent)) return;
    const { zone: wanted, ...next } = sent;
    const former = settings.rules;
    settings = next;
    if (wanted !== undefined) zone = wanted === ownZone() ? null : wanted;
    if (JSON.stringify(former) !== JSON.stringify(next.rules))
      become(follow(memory, former, next.rules, Date.now()));
    woken = true;
  });
  setHandler(
    defineUpdate<TestedChannel[], [TestChannels]>(testUpdate),
    async (test) => {
      const tested = await Promise.all(test.channels.map((channel) => testChannel(test.rules, channel)));
      for (const { channel, outcome } of tested)
        if (outcome === 'told') become(retry(memory, channel, Date.now()));
      return tested;
    },
    {
      validator: ({ rules, channels }: TestChannels) => {
        const unknown = channels.find((name) => rules.channels.every((channel) => channel.name !== name));
        if (unknown !== undefined)
          throw ApplicationFailure.nonRetryable(`There is no channel ${unknown}.`, 'bad-usage');
      },
    },
  );
  return {
    work: () => {
      const due = tick(memory, settings.rules, Date.now());
      memory = due.memory;
      for (const each of due.deliveries) beside(() => deliver(each));
      const { recording } = due;
      if (recording !== null) beside(() => record(recording));
      setCurrentDetails(alertsMarkdown(state()));
    },
    pause: async () => {
      const due = nextDue(memory, settings.rules);
      if (due === null) await condition(() => woken);
      else await condition(() => woken, Math.max(1, due - Date.now()));
      woken = false;
    },
    idle: () => busy === 0,
    zone: () => zone,
    carried: () => ({ ...settings, steady: true, carried: fitted(memory) }),
  };
}

/** Sends a test message through one channel. */
async function testChannel(rules: NotificationRules, channel: string): Promise<TestedChannel> {
  const { runId, historyLength } = workflowInfo();
  const at = new Date(Date.now()).toISOString();
  try {
    await activitiesIn(ownZone(), quick).notify({
      rules,
      channel,
      messageId: `test-${runId}-${historyLength}-${channel}`,
      title: '[Holdfast] test message',
      text: `This is a test of the channel ${channel}. Nothing is wrong.`,
      severity: 'info',
      alerts: [
        {
          state: 'announced',
          kind: 'announcement',
          subject: `test of ${channel}`,
          severity: 'info',
          sentence: 'Nothing is wrong: somebody wanted to know whether messages arrive.',
          since: at,
        },
      ],
      more: 0,
    });
    return { channel, outcome: 'told', sentence: `A message was handed over at ${at}.` };
  } catch (error) {
    return { channel, outcome: 'failed', sentence: reasonOf(error).sentence };
  }
}

function stateOf({ open, closed, channels }: AlertsMemory, unrecorded: string | null): AlertsState {
  const undelivered = Object.entries(channels).flatMap(([channel, known]): Undelivered[] => {
    const { down, refused, news, dropped, underWay } = known;
    const messages = news.length + dropped + (underWay?.news.length ?? 0) + (underWay?.dropped ?? 0);
    if (down !== null) return [{ channel, since: down.since, sentence: down.sentence, messages }];
    if (refused === null) return [];
    const { since, addresses } = refused;
    const sentence = `The mail server refused ${addresses.join(', ')}; the others were told.`;
    return [{ channel, since, sentence, messages: addresses.length }];
  });
  return { open, closed, undelivered, unrecorded };
}
