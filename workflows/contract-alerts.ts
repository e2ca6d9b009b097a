/**
 * Alerts: one long-lived workflow, `alerts`, keeps those that are open, tells people, repeats, escalates and closes.
 * Observers tell it what they find; what an observer finds no more is cured.
 */
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
};

/** Everything that one observer finds now; what it found before and does not find now is cured. */
export type Observation = {
  /** `health`, `copies`, `restore-test/shop-daily`. */
  observer: string;
  at: string;
  findings: AlertFinding[];
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
  /** Escalation steps taken. */
  level: number;
};

export type Undelivered = { channel: string; since: string; sentence: string; messages: number };

export type AlertsInput = {
  rules: NotificationRules;
  /** What a run hands to the next one of the chain. */
  carried?: { alerts: OpenAlert[]; undelivered: Undelivered[]; closed: ClosedAlert[] };
};

export type ClosedAlert = AlertFinding & { openedAt: string; closedAt: string };

/** What the query answers. */
export type AlertsState = {
  open: OpenAlert[];
  /** The newest ones, newest first. */
  closed: ClosedAlert[];
  /** Channels that could not be reached, and how many messages wait. */
  undelivered: Undelivered[];
};

export const observeSignal = 'observe';
export const announceSignal = 'announce';
/** New rules, as `apply` and `health` tell them. */
export const rulesSignal = 'rules';
export const alertsQuery = 'alerts';

/* ---- activities ---- */

/** Starts the workflow `alerts` where it does not run, and tells it. */
export type TellAlertsInput = {
  /** Where the workflow `alerts` runs. */
  zone: string;
  observation?: Observation;
  announcement?: Announcement;
  rules?: NotificationRules;
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
  alerts: {
    state: 'opened' | 'still-open' | 'escalated' | 'closed' | 'announced';
    kind: string;
    subject: string;
    severity: Severity;
    sentence: string;
    since: string;
  }[];
};

export type PingInput = {
  ping: Ping;
  what: 'start' | 'success' | 'failure';
  /** The run's id, so that an outside watcher sees which start belongs to which end. */
  runId: string;
  /** The log's tail: what became of it, at most 10 kB. */
  text: string;
};
