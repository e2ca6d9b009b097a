/**
 * Alerts: one long-lived workflow, `alerts`, keeps those that are open, tells people, repeats, escalates and closes.
 * Observers tell it what they find; what an observer finds no more is cured.
 */
import type { AuditTarget } from '../policy/resolved.ts';
import type { NotificationRules, Ping, Severity } from '../policy/resolved-proof.ts';

/** The id of the one workflow that keeps the alerts. */
export const alertsWorkflowId = 'alerts';

export type AlertKind =
  | 'rpo-exceeded'
  | 'no-backup'
  | 'backup-failed'
  | 'backup-overdue'
  | 'never-started'
  | 'size-changed'
  | 'compression-fell'
  | 'storage-full'
  | 'key-expires'
  | 'key-unusable'
  | 'test-overdue'
  | 'test-failed'
  | 'test-impossible'
  | 'copy-corrupt'
  | 'retention-violation'
  | 'schedule-paused'
  | 'schedule-drifted'
  | 'no-worker'
  | 'repository-unreachable'
  | 'too-few-copies'
  | 'too-few-media'
  | 'not-offsite'
  | 'outside-residency'
  | 'unprotected'
  | 'over-budget'
  | 'airgap-overdue'
  | 'attach-asked'
  | 'approval-asked'
  | 'runbook-fault'
  | 'drill-overdue'
  | 'follow-up-overdue'
  | 'check-impossible';

/** Something that an observer finds wrong now. */
export type AlertFinding = {
  kind: AlertKind;
  /** With the kind it tells one alert from another: a plan, `offsite/shop-daily`, a zone. */
  subject: string;
  severity: Severity;
  /** What is wrong and what to do; may change while the alert stays open. */
  sentence: string;
  /** Whom it concerns; absent: whoever gets alerts of this severity. */
  roles?: string[];
  /** When it is over without anybody's word: whoever found it may have been ended from outside. */
  until?: string;
  /** Not bad enough to open an alert, and too bad to close the one that is open. */
  lingers?: true;
};

/** Everything that one observer finds now; what it found before and does not find now is cured. */
export type Observation = {
  /** `health`, `copies`, `restore-test/shop-daily`. */
  observer: string;
  at: string;
  findings: AlertFinding[];
  /** It speaks for those below it as well, such as `restore-test/shop-daily/possible`: what they found is cured. */
  below?: boolean;
};

/** What happened and needs no cure; told once. */
export type Announcement = {
  at: string;
  severity: Severity;
  subject: string;
  sentence: string;
  roles?: string[];
};

export type OpenAlert = AlertFinding & {
  observer: string;
  openedAt: string;
  lastSeenAt: string;
  /** When people were told last; null while that has not worked. */
  notifiedAt: string | null;
  /** Channels that know of it. */
  told: string[];
  /** When it was last put on the way to people; repetitions count from here. */
  saidAt: string;
  /** Since when it is as severe as it is; escalation counts from here. */
  severeSince: string;
  /** Escalation steps taken. */
  level: number;
  /** How often it was cured, and found again within minutes; absent: never. */
  returned?: number;
  /** Until then nobody is told that it is back; null or absent: people know, or are about to. */
  hushedUntil?: string | null;
};

export type ClosedAlert = AlertFinding & {
  openedAt: string;
  closedAt: string;
} & Partial<Pick<OpenAlert, 'saidAt' | 'severeSince' | 'level' | 'returned'>>;

/**
 * A channel that could not be reached, and how many alerts wait to be told there, in one message; or some of whose
 * addresses were refused, and how many.
 */
export type Undelivered = { channel: string; since: string; sentence: string; messages: number };

/** Who is told, and where openings and closings are recorded. */
export type AlertsSettings = {
  rules: NotificationRules;
  /** Named in messages. */
  organization?: string;
  /** Absent: nothing is recorded. */
  audit?: AuditTarget;
};

export type AlertsInput = AlertsSettings & {
  /** Whether what is found again within minutes is the same alert; absent in runs that began before this was known. */
  steady?: true;
  /** What a run hands to the next one of the chain. */
  carried?: AlertsMemory;
};

/** What the workflow knows; plain data, because it goes from run to run. */
export type AlertsMemory = {
  open: OpenAlert[];
  /** The newest ones, newest first. */
  closed: ClosedAlert[];
  /** When each observer's newest observation was made: an older one that comes late counts no more. */
  observers: Record<string, string>;
  /** Announcements heard lately, so that one that is sent twice is told once. */
  heard: string[];
  channels: Record<string, ChannelMemory>;
  /** Openings and closings that are not in the audit log yet, and when they go there. */
  unrecorded: AlertRecord[];
  /** How many more there were than are kept for it. */
  uncounted: Record<AlertRecord['action'], number>;
  recordAt: string | null;
  /** How many messages there were. */
  messages: number;
};

export type AlertRecord = {
  action: 'alert.opened' | 'alert.closed';
  alert: AlertFinding;
  observer: string;
  /** How often it has come back; absent: never. */
  returned?: number;
};

/** What one channel is still to be told. */
export type ChannelMemory = {
  news: News[];
  /** News of what is over that went unsaid, because the channel was away for too long. */
  dropped: number;
  /** When it is told next: after the gathering, or after a failure. */
  dueAt: string | null;
  down: { since: string; sentence: string; failures: number } | null;
  /** Whose addresses were refused by its last message. */
  refused: { since: string; addresses: string[] } | null;
  /** The number and news of the message that is being sent. */
  underWay: { number: number; news: News[]; dropped: number } | null;
  /** The number of the message that failed, while nothing has been added to it. */
  again: number | null;
};

export type NewsState = 'opened' | 'still-open' | 'escalated' | 'closed' | 'announced';

/** Something to tell: of what is open by its topic, of what is over in full. */
export type News = { key: string; state: NewsState; over?: NewsFacts };

export type NewsFacts = {
  kind: string;
  subject: string;
  severity: Severity;
  sentence: string;
  since: string;
  /** How often it was cured meanwhile, and came back within minutes; absent: never. */
  returned?: number;
};

/** What the query answers. */
export type AlertsState = {
  open: OpenAlert[];
  /** The newest ones, newest first. */
  closed: ClosedAlert[];
  /** Channels that could not be reached, and how many messages wait. */
  undelivered: Undelivered[];
  /** Why the audit log lacks something; null when it does not. */
  unrecorded: string | null;
};

export const observeSignal = 'observe';
export const announceSignal = 'announce';
/** New settings, as `apply` and `health` tell them. */
export const rulesSignal = 'rules';
export const alertsQuery = 'alerts';

/** What the signal `rules` brings. */
export type AlertsRules = AlertsSettings & {
  /** Where the workflow is to run from now on. */
  zone?: string;
};

/** Sends a test message through channels; an Update, because whoever asks waits for the answer. */
export const testUpdate = 'test';
export type TestChannels = { rules: NotificationRules; channels: string[] };
export type TestedChannel = { channel: string; outcome: 'told' | 'failed'; sentence: string };

/* ---- activities ---- */

/** Starts the workflow `alerts` where it does not run, and tells it. */
export type TellAlertsInput = {
  /** Where the workflow `alerts` runs. */
  zone: string;
  observation?: Observation;
  announcement?: Announcement;
  rules?: NotificationRules;
  /** Those that go with the rules. */
  organization?: string;
  audit?: AuditTarget;
};

/** One message about several alerts, for one channel. */
export type NotifyInput = {
  rules: NotificationRules;
  channel: string;
  /** Tells a message sent twice from two messages. */
  messageId: string;
  title: string;
  text: string;
  severity: Severity;
  /** The worst first, at most 50. */
  alerts: (NewsFacts & { state: NewsState })[];
  /** How many more there are. */
  more: number;
};

/** Addresses that were refused while others were told. */
export type NotifyResult = { refused: string[] };

export type PingInput = {
  ping: Ping;
  what: 'start' | 'success' | 'failure';
  /** The run's id, so that an outside watcher sees which start belongs to which end. */
  runId: string;
  /** The log's tail: what became of it, at most 10 kB. */
  text: string;
};
