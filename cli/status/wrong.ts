import type { AlertKind, OpenAlert } from '../../workflows/contract-alerts.ts';
import type { PlanStatus } from '../plan-status.ts';
import type { StatusDocument } from './document.ts';

/** From what may wait to what may not. */
export const levels = ['note', 'info', 'warning', 'fault', 'critical'] as const;
export type Level = (typeof levels)[number];

/** One thing that is wrong, and of what. */
export type Wrong = { level: Level; subjects: string[]; sentence: string };

/** Alerts about what a status looks at itself: where it finds a fault too, one line is enough. */
const lookedAt: ReadonlySet<AlertKind> = new Set<AlertKind>([
  'rpo-exceeded',
  'no-backup',
  'backup-failed',
  'backup-overdue',
  'test-overdue',
  'test-failed',
  'schedule-paused',
  'no-worker',
  'repository-unreachable',
  'too-few-copies',
  'airgap-overdue',
]);

/** Everything that is wrong, the worst last: that is next to the prompt. The same sentence is told once. Pure. */
export function wrongOf(document: StatusDocument): Wrong[] {
  const { plans, repositories, airgapped, alerts, faults: watch } = document;
  const faults = [
    ...airgapped.flatMap(({ repository, faults }) => faults.map((sentence) => told(repository, sentence))),
    ...plans.flatMap(({ plan, faults }) => faults.map((sentence) => told(plan, sentence))),
    ...repositories.flatMap(({ repository, faults }) => faults.map((sentence) => told(repository, sentence))),
    ...watch.map(({ subject, sentence }) => told(subject, sentence)),
  ];
  const undelivered = (alerts?.undelivered ?? []).map(({ channel, messages, since, sentence }) =>
    told(channel, `${messages} notifications could not be delivered since ${since}: ${sentence}`),
  );
  const unrecorded =
    alerts === null || alerts.unrecorded === null ? [] : [told('audit log', alerts.unrecorded)];
  const open = (alerts?.open ?? [])
    .filter((alert) => !isTold(alert, faults))
    .map(({ severity, subject, sentence }): Wrong => ({ level: severity, subjects: [subject], sentence }));
  return grouped([...notesOf(document), ...open, ...faults, ...undelivered, ...unrecorded]).sort(
    (a, b) => levels.indexOf(a.level) - levels.indexOf(b.level),
  );
}

const told = (subject: string, sentence: string): Wrong => ({
  level: 'fault',
  subjects: [subject],
  sentence,
});

function notesOf({ plans, alerts, followUps, faults }: StatusDocument): Wrong[] {
  const never = plans.filter(({ lastGood }) => lastGood !== null).flatMap(neverRestored);
  const notes: Wrong[] =
    never.length === 0
      ? []
      : [
          {
            level: 'note',
            subjects: never,
            sentence: 'never restored: no proof that it can be.',
          },
        ];
  if (followUps !== null) {
    const late = followUps.overdue === 0 ? '' : `, ${followUps.overdue} of them overdue`;
    const sentence = `${followUps.open} open${late}, the first due ${followUps.next}: \`holdfast followup\`.`;
    notes.push({ level: 'note', subjects: ['follow-ups'], sentence });
  }
  if (alerts === null && faults.length === 0)
    notes.push({ level: 'note', subjects: ['alerts'], sentence: 'nobody keeps them yet.' });
  return notes;
}

/** A plan of which nothing was ever restored, or the repositories from which nothing of it was. */
function neverRestored({ plan, tested, places }: PlanStatus): string[] {
  if (tested === null) return [plan];
  return places
    .filter(({ count, proven }) => count > 0 && proven === null)
    .map(({ repository }) => `${plan} in ${repository}`);
}

function isTold({ kind, subject }: OpenAlert, faults: readonly Wrong[]): boolean {
  const parts = subject.split('/');
  return lookedAt.has(kind) && faults.some(({ subjects }) => subjects.some((one) => parts.includes(one)));
}

function grouped(all: readonly Wrong[]): Wrong[] {
  const found = new Map<string, Wrong>();
  for (const { level, subjects, sentence } of all) {
    const key = `${level} ${sentence}`;
    found.set(key, { level, sentence, subjects: [...(found.get(key)?.subjects ?? []), ...subjects] });
  }
  return [...found.values()];
}
