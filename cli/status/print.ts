import { formatBytes, formatCost, formatDuration } from '../../policy/units.ts';
import type { AirgapStatus } from '../airgap-status.ts';
import type { Context } from '../context.ts';
import type { PlanStatus } from '../plan-status.ts';
import type { StatusDocument } from './document.ts';
import type { RepositoryStatus } from './repository.ts';
import { cut, fitted, folded, someOf } from './text.ts';
import { type Level, type Wrong, wrongOf } from './wrong.ts';

type Screen = Pick<Context, 'out' | 'colors'>;

/** Wider lines are hard to read, and of a narrower terminal nothing fits. */
const widest = 100;
const narrowest = 60;
/** More plans than fit on a screen are summed up, and only those with faults are shown. */
const screenful = 20;

function widthOf({ columns }: Screen['out']): number {
  return Math.max(narrowest, Math.min(widest, columns ?? widest));
}

/** One screen: what is protected, where it lies, and last, next to the prompt, what is wrong. */
export function printStatus(context: Screen, document: StatusDocument, all: boolean): void {
  const { out, colors } = context;
  const { plans } = document;
  const wrong = wrongOf(document);
  const shown = all || plans.length <= screenful ? plans : plans.filter(({ faults }) => faults.length > 0);
  if (shown.length > 0) printPlans(context, all ? shown : shown.slice(0, screenful), document.at);
  if (shown.length < plans.length)
    for (const line of folded(totals(plans, shown.length), widthOf(out))) out.line(line);
  out.line();
  printRepositories(context, document);
  printAirgapped(context, document.airgapped);
  printWrong(context, all ? wrong : wrong.slice(-screenful));
  const left = all ? 0 : wrong.length - screenful;
  if (left > 0) out.line(`${left} more: holdfast status --all`);
  out.line();
  const line = verdict(document);
  out.line(document.well ? colors.green(line) : colors.red(line));
}

function printPlans({ out, colors }: Screen, plans: readonly PlanStatus[], at: string): void {
  const head = ['PLAN', 'COPIES', 'NEWEST DATA', 'BACK TO', 'PROVEN', 'NEXT', ''];
  const rows = plans.map((status) => [
    cut(status.plan, 24),
    copiesText(status),
    newestText(status),
    status.oldest?.at.slice(0, 10) ?? '-',
    provenText(status, at),
    nextText(status, at),
    status.faults.length === 0 ? colors.green('ok') : colors.red('fault'),
  ]);
  const table = fitted({ head, rows }, widthOf(out), ['NEXT', 'COPIES']);
  out.table(table.head, table.rows);
}

const copiesText = ({ copies }: PlanStatus): string =>
  `${copies.good}/${copies.wanted}${copies.offsite ? ' offsite' : ''}`;

function newestText({ lastGood, rpo, places }: PlanStatus): string {
  if (lastGood === null) return places.some(({ state }) => state === 'unknown') ? 'unknown' : 'none';
  const age = formatDuration(lastGood.age);
  return rpo === null ? age : `${age} of ${formatDuration(rpo)}`;
}

function provenText({ tested, proven }: PlanStatus, at: string): string {
  if (tested === null) return 'never restored';
  if (proven === null || proven.at < tested.at) return `${tested.result} ${roughly(tested.at, at)}`;
  return `${roughly(proven.at, at)} ago`;
}

function nextText({ applied, paused, running, next }: PlanStatus, at: string): string {
  if (running.length > 0) return 'running';
  if (applied === null) return 'unknown';
  if (!applied) return 'none';
  if (paused) return 'paused';
  if (next === null) return 'none';
  return next <= at ? 'due' : `in ${roughly(at, next)}`;
}

/** The time between two instants, in its largest unit. */
function roughly(from: string, to: string): string {
  const seconds = Math.max(0, Date.parse(to) - Date.parse(from)) / 1000;
  return formatDuration(seconds).split(' ')[0] ?? '';
}

function totals(plans: readonly PlanStatus[], shown: number): string {
  const count = (which: (plan: PlanStatus) => boolean) => plans.filter(which).length.toLocaleString('en');
  const oldest = Math.max(...plans.map(({ lastGood }) => lastGood?.age ?? 0));
  const rest = (plans.length - shown).toLocaleString('en');
  return `${rest} other plans stand well. Of all ${plans.length.toLocaleString('en')}: newest data ${formatDuration(oldest)} old at most, ${count(({ proven }) => proven !== null)} proven, ${count(({ running }) => running.length > 0)} running, ${count(({ paused }) => paused === true)} paused.`;
}

function printRepositories({ out, colors }: Screen, { repositories, cost }: StatusDocument): void {
  if (repositories.length === 0) return;
  const head = ['REPOSITORY', 'AT', 'COPIES', 'STORED', 'FREE', 'A MONTH', ''];
  const rows = repositories.map((status) => [
    cut(status.repository, 24),
    cut(`${status.site} ${status.medium}`, 18),
    ...heldText(status),
    status.cost === null ? '-' : formatCost(status.cost, cost.currency),
    status.faults.length === 0 ? colors.green('ok') : colors.red('fault'),
  ]);
  const table = fitted({ head, rows }, widthOf(out), ['A MONTH']);
  out.table(table.head, table.rows, ['COPIES', 'STORED', 'A MONTH']);
  if (cost.total !== null) for (const line of folded(costLine(cost), widthOf(out))) out.line(line);
}

function heldText({ unreadable, copies, bytes, free, size }: RepositoryStatus): string[] {
  if (unreadable !== null) return ['unknown', 'unknown', '-'];
  const room = free === null || size === null ? '-' : `${formatBytes(free)} of ${formatBytes(size)}`;
  return [copies.toLocaleString('en'), formatBytes(bytes), room];
}

/** Now, and in a year when backups stay as large as they are. */
function costLine({ total, in365Days, currency, asOf, budget }: StatusDocument['cost']): string {
  const ahead = in365Days === null ? '' : `, ${formatCost(in365Days, currency)} in a year`;
  const limit = budget === null ? '' : `, budget ${formatCost(budget, currency)}`;
  return `Storage costs ${formatCost(total ?? 0, currency)} a month${ahead}${limit} (prices of ${asOf}).`;
}

function printAirgapped({ out, colors }: Screen, statuses: readonly AirgapStatus[]): void {
  if (statuses.length === 0) return;
  out.line();
  out.table(
    ['AIR-GAPPED', 'FILLED', 'NEWEST DATA', ''],
    statuses.map(({ repository, filledAt, plans, faults }) => [
      cut(repository, 24),
      filledAt?.slice(0, 10) ?? 'never',
      someOf(plans.map(({ plan, age }) => `${plan} ${formatDuration(age)}`)) || 'none',
      faults.length === 0 ? colors.green('ok') : colors.red('fault'),
    ]),
  );
}

function printWrong({ out, colors }: Screen, wrong: readonly Wrong[]): void {
  if (wrong.length === 0) return;
  const paint: Record<Level, (text: string) => string> = {
    note: (text) => text,
    info: (text) => text,
    warning: colors.yellow,
    fault: colors.red,
    critical: colors.red,
  };
  out.line();
  for (const { level, subjects, sentence } of wrong) {
    const [first = '', ...rest] = folded(`${someOf(subjects)}: ${sentence}`, widthOf(out) - 10);
    out.line(`${paint[level](level.padEnd(10))}${first}`);
    for (const line of rest) out.line(`${' '.repeat(10)}${line}`);
  }
}

function verdict({ plans, alerts, well }: StatusDocument): string {
  if (plans.length === 0) return 'Nothing is protected: the policy has no plan.';
  const faulty = plans.filter(({ faults }) => faults.length > 0).length;
  const known = plans.some(({ applied }) => applied === null) ? ', by what their repositories hold' : '';
  const stand = `${(plans.length - faulty).toLocaleString('en')} of ${plans.length.toLocaleString('en')} plans stand well${known}`;
  const open = (alerts?.open ?? []).filter(({ severity }) => severity !== 'info');
  const alerting =
    open.length === 0 ? '' : `, ${open.length} ${open.length === 1 ? 'alert is' : 'alerts are'} open`;
  return well ? `All is well: ${stand}.` : `Not all is well: ${stand}${alerting}.`;
}
