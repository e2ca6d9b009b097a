import { formatBytes, formatDuration } from '../policy/units.ts';
import type { SwitchFacts, SwitchProgress } from '../workflows/contract-switch.ts';
import { nameOf } from '../workflows/deletion-text.ts';
import { backStatements, rowsIn } from '../workflows/switch-text.ts';
import { printAsked, printSaid } from './approval-print.ts';
import type { Context } from './context.ts';

/** A switch for people: what replaces what, who approved, what happens next. */
export function printSwitch({ out, colors }: Context, state: SwitchProgress): void {
  const { workflowId, phase, requester, requestedAt, reason, facts, hash } = state;
  out.line(
    `${workflowId}: ${phase === 'done' ? colors.green(phase) : phase === 'failed' ? colors.red(phase) : phase}`,
  );
  out.line(`  asked for by ${requester} at ${requestedAt}: ${reason}`);
  if (facts !== null) for (const line of factLines(facts, hash)) out.line(line);
  printSaid(out, state);
  for (const sentence of state.notes) out.line(`  note       ${sentence}`);
  if (phase === 'waiting for approvals') {
    printAsked(out, 'switch', state);
    out.line('It then happens at once. Until then anyone can cancel it:');
    out.line(`  holdfast switch cancel ${workflowId} --as NAME --reason "…"`);
  }
  if (phase === 'done' && facts !== null) {
    out.line('To go back, with services stopped, in psql connected to the database postgres:');
    for (const statement of backStatements(facts.order)) out.line(`  ${statement}`);
  }
}

/** What would be switched, in lines. */
export function factLines(facts: SwitchFacts, hash: string | null): string[] {
  const { order, backup, repository, dataTime, lossSeconds, liveBytes, tables, rows, notes } = facts;
  return [
    `  live       ${order.live}, ${formatBytes(liveBytes)}; kept as ${order.keptAs}`,
    `  becomes    ${nameOf(backup)} from ${repository}: ${rowsIn(rows, tables)}`,
    `  lost       what was written since ${dataTime}: ${formatDuration(lossSeconds)} when this was computed`,
    ...notes.map((note) => `  to know    ${note}`),
    `  facts      ${hash ?? 'not yet computed'}`,
  ];
}
