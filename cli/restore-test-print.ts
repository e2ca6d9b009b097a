import { counted, formatBytes, formatDuration } from '../policy/units.ts';
import type { Measured, RestoreTestResult } from '../workflows/contract-restore-test.ts';
import type { Context } from './context.ts';

const verdicts = {
  proven: 'it was restored, and is what was backed up',
  disproven: 'it did not restore, or is not what was backed up',
  untested: 'it could not be tested, so nobody knows whether it restores',
} as const;

/** What a restore test came to, with every check by name. */
export function printRestoreTest({ out, colors }: Context, result: RestoreTestResult): void {
  const { backup, verdict, attempts, healed, exceptions, evidence, rto, rpo } = result;
  const paint = verdict === 'proven' ? colors.green : colors.red;
  out.line(`${paint(result.result)}  ${backup?.backupId ?? result.plan}: ${verdicts[verdict]}`);
  for (const reason of result.picked) out.line(`  picked     ${reason}`);
  for (const attempt of attempts) {
    const { repository, restoreSeconds, bytes, rows, tables } = attempt;
    const held = rows === null ? '' : `, ${counted(rows, 'row')} in ${counted(tables ?? 0, 'table')}`;
    const restored =
      restoreSeconds === null
        ? (attempt.reason?.sentence ?? 'not restored')
        : `${formatBytes(bytes)} in ${formatDuration(restoreSeconds)}${held}`;
    out.line(`  copy       ${repository}: ${attempt.verdict}, ${restored}`);
    for (const { check, outcome, sentence } of attempt.checks)
      out.line(`  check      ${check}: ${outcome}. ${sentence}`);
    for (const sentence of attempt.warnings) out.line(`  warning    ${sentence}`);
  }
  if (rto.measured !== null) out.line(`  RTO        ${against(rto)}`);
  if (rpo.measured !== null) out.line(`  RPO        ${against(rpo)}`);
  for (const { sentence } of healed) out.line(`  healing    ${sentence}`);
  for (const sentence of exceptions) out.line(`  exception  ${sentence}`);
  if (evidence !== null)
    out.line(`  report     ${evidence.path}, in ${evidence.stored.join(', ') || 'no repository'}`);
}

function against({ target, measured }: Measured): string {
  const seconds = formatDuration(measured ?? 0);
  return target === null
    ? `${seconds}; no tier sets a target`
    : `${seconds}, of ${formatDuration(target)} allowed`;
}
