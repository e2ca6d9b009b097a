import pico from 'picocolors';
import { Output } from '../../cli/output.ts';
import { statusDocument } from '../../cli/status/document.ts';
import type { StatusFacts } from '../../cli/status/facts.ts';
import { printStatus } from '../../cli/status/print.ts';
import type { AlertsState, OpenAlert } from '../../workflows/contract-alerts.ts';
import { planOf, policyOf } from './plans.ts';
import { copiesOf, standingOf, surveyOf } from './surveys.ts';

/** When the status is looked at. */
const now = new Date('2026-11-21T02:00:00Z');

/** What `status` knows of plans of one shop; all of it stands well. */
export function documentOf(names: string[], changes: Partial<StatusFacts> = {}) {
  const plans = names.map((name) => planOf(name));
  const surveys = ['local', 'offsite'].map((repository) =>
    surveyOf(
      repository,
      names.map((name) => copiesOf(name, { proven: proof, tested: { ...proof, result: 'passed' } })),
    ),
  );
  const facts: StatusFacts = {
    standings: names.map((name) => standingOf(name)),
    surveys,
    silentZones: [],
    alerts: { open: [], closed: [], undelivered: [], unrecorded: null },
    ...changes,
  };
  return statusDocument(policyOf(plans), plans, facts, [], now);
}

/** A restore test that passed. */
export const proof = { backupId: '20261120T010000Z-00000001', at: '2026-11-20T12:00:00.000Z' };

export function alertOf(changes: Partial<OpenAlert>): OpenAlert {
  const at = '2026-11-21T01:00:00.000Z';
  return {
    kind: 'size-changed',
    subject: 'crm',
    severity: 'warning',
    sentence: 'Its newest backup is half as large.',
    observer: 'health',
    openedAt: at,
    lastSeenAt: at,
    notifiedAt: at,
    told: [],
    saidAt: at,
    severeSince: at,
    level: 0,
    ...changes,
  };
}

/** What is known where these alerts are open. */
export const alerting = (
  open: OpenAlert[],
  undelivered: AlertsState['undelivered'] = [],
): Partial<StatusFacts> => ({
  alerts: { open, closed: [], undelivered, unrecorded: null },
});

/** What is printed on a terminal that is so wide; undefined: on none. */
export function printed(
  document: ReturnType<typeof documentOf>,
  { all = false, columns }: { all?: boolean; columns?: number } = {},
): string[] {
  let text = '';
  const sink = {
    columns,
    write: (more: string) => {
      text += more;
    },
  };
  printStatus({ out: new Output(sink, false), colors: pico.createColors(false) }, document, all);
  return text.trimEnd().split('\n');
}
