import { formatBytes, formatDuration } from '../policy/units.ts';
import type { Context } from './context.ts';
import type { Detailed } from './retentions.ts';

/** What would be done with each backup and why, the newest first, and the sums. */
export function printPreview(context: Context, detail: Detailed, limit: number): void {
  printBackups(context, detail, detail.backups.toReversed(), limit);
}

/** The same of what does not simply stay as it is. */
export function printChanges(context: Context, detail: Detailed, limit: number): void {
  const changed = detail.backups.toReversed().filter(({ action }) => action !== 'keep');
  printBackups(context, detail, changed, limit);
}

function printBackups(
  context: Context,
  detail: Detailed,
  newest: readonly Detailed['backups'][number][],
  limit: number,
): void {
  const { out, colors } = context;
  const { plan, result } = detail;
  out.line(colors.bold(`${plan.name}: ${rulesText(detail)}`));
  const colored = { keep: (text: string) => text, promote: colors.green, expire: colors.red };
  if (limit > 0)
    out.table(
      ['BACKUP', 'AGE', 'KEPT AS', 'UNTIL', 'ACTION', 'WHY'],
      newest.slice(0, limit).map(({ backupId, startedAt, tiers, action, promotions, reasons, violation }) => [
        backupId,
        formatDuration(Math.max(0, (Date.parse(result.now) - Date.parse(startedAt)) / 1000)),
        tiers.map(({ tier }) => tier).join(', ') || '-',
        tiers
          .map(({ until }) => until)
          .sort()
          .at(-1) ?? '-',
        colored[action](
          action === 'promote' ? `promote to ${promotions.map(({ tier }) => tier).join(', ')}` : action,
        ),
        [...reasons, violation?.sentence ?? ''].filter((text) => text !== '').join(' '),
      ]),
    );
  if (limit > 0 && newest.length > limit)
    context.remark(
      `${newest.length - limit} older ones are not shown; \`holdfast retention preview\` has --limit.`,
    );
  printSums(context, detail);
}

function rulesText({ plan: { retention, timezone } }: Detailed): string {
  if (retention === undefined) return 'kept for ever';
  const { rules, name } = retention;
  const text = (keep: { for: { count: number; unit: string } } | { newest: number }) =>
    'for' in keep
      ? `${keep.for.count} ${keep.for.unit}${keep.for.count === 1 ? '' : 's'}`
      : `the newest ${keep.newest}`;
  const kept =
    rules.kind === 'flat'
      ? `everything for ${text(rules)}`
      : Object.entries(rules.keep)
          .map(([tier, keep]) => `${tier} ${text(keep)}`)
          .join(', ');
  return `${name}: ${kept} (${timezone})`;
}

function printSums({ out, colors }: Context, { result, plan }: Detailed): void {
  const { counts, freed, violations, shorter, exceptions, warnings } = result;
  out.line();
  out.line(
    `Keeps ${counts.keep + counts.promote}, promotes ${counts.promote} of them, expires ${counts.expire}, which frees ${formatBytes(freed)}.`,
  );
  for (const { backupId, sentence } of violations)
    out.line(colors.yellow(`violation  ${backupId}: ${sentence}`));
  if (counts.violations > violations.length)
    out.line(colors.yellow(`violation  and ${counts.violations - violations.length} more`));
  for (const sentence of exceptions) out.line(colors.yellow(`exception  ${sentence}`));
  for (const sentence of warnings) out.line(`warning    ${sentence}`);
  if (shorter.backups > 0)
    out.line(
      colors.yellow(
        `shorter    ${shorter.backups} of them the rules of ${plan.name}'s last run would keep (or there was no run yet): a scheduled run asks before they go.`,
      ),
    );
}

/** What a run did. */
export function printRun({ out, colors }: Context, { result }: Detailed): void {
  const mark = result.result === 'passed' ? colors.green(result.result) : colors.yellow(result.result);
  out.line(
    `${mark}  promoted ${result.promoted} copies, removed ${result.expired}, which freed ${formatBytes(result.bytes)}.`,
  );
  for (const { backupId, sentence } of result.violations) out.line(`  violation  ${backupId}: ${sentence}`);
  for (const sentence of result.exceptions) out.line(`  exception  ${sentence}`);
  for (const sentence of result.warnings) out.line(`  warning    ${sentence}`);
}

/** The same for programs: without the packed survey, with every backup. */
export function retentionDocument({ plan, result, backups }: Detailed) {
  const { survey: _survey, ...rest } = result;
  return {
    ...rest,
    plan: plan.name,
    backups: backups.map(
      ({ backupId, action, tiers, promotions, remove, reasons, blockedBy, violation, copies }) => ({
        backupId,
        action,
        tiers,
        promotions,
        remove,
        reasons,
        blockedBy,
        violation: violation ?? null,
        copies: copies.map(({ repository, bytes, lockedUntil }) => ({ repository, bytes, lockedUntil })),
      }),
    ),
  };
}
