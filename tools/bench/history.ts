/** The part of an event of a workflow's history that times are read from. */
export type TimedEvent = {
  eventId?: unknown;
  eventTime?: { seconds?: unknown; nanos?: number | null } | null;
  activityTaskScheduledEventAttributes?: { activityType?: { name?: string | null } | null } | null;
  activityTaskStartedEventAttributes?: { scheduledEventId?: unknown } | null;
  activityTaskCompletedEventAttributes?: { scheduledEventId?: unknown } | null;
};

/** What activities a phase of a backup is made of. */
const phases: Record<string, string[]> = {
  preflight: ['preflight'],
  dump: ['dump'],
  'read back': ['verifyCopy'],
  commit: ['commitCopy'],
};

/**
 * Seconds of each phase of a backup, from the start of its first activity to the end of its last one. Copies are
 * read back side by side, and each is committed as soon as it was, so phases overlap.
 */
export function phaseSeconds(events: readonly TimedEvent[]): Record<string, number> {
  const spans = activitySpans(events);
  return Object.fromEntries(
    Object.entries(phases).flatMap(([phase, types]) => {
      const own = spans.filter(({ type }) => types.includes(type));
      if (own.length === 0) return [];
      const end = Math.max(...own.map((span) => span.end));
      return [[phase, end - Math.min(...own.map((span) => span.start))]];
    }),
  );
}

function activitySpans(events: readonly TimedEvent[]): { type: string; start: number; end: number }[] {
  const types = new Map<string, string>();
  const starts = new Map<string, number>();
  const spans: { type: string; start: number; end: number }[] = [];
  for (const event of events) {
    const { activityTaskScheduledEventAttributes: scheduled } = event;
    const { activityTaskStartedEventAttributes: started } = event;
    const { activityTaskCompletedEventAttributes: completed } = event;
    if (scheduled) types.set(String(event.eventId), scheduled.activityType?.name ?? '');
    if (started) starts.set(String(started.scheduledEventId), secondsOf(event));
    if (completed) {
      const id = String(completed.scheduledEventId);
      spans.push({ type: types.get(id) ?? '', start: starts.get(id) ?? Number.NaN, end: secondsOf(event) });
    }
  }
  return spans;
}

function secondsOf({ eventTime }: TimedEvent): number {
  return Number(String(eventTime?.seconds)) + (eventTime?.nanos ?? 0) / 1e9;
}
