import { formatBytes, formatDuration } from '../policy/units.ts';
import type { DeletionList, DeletionProgress } from '../workflows/contract-deletion.ts';
import { nameOf } from '../workflows/deletion-text.ts';
import { printAsked, printSaid } from './approval-print.ts';
import type { Context } from './context.ts';

/** A request for people: what goes and why it may, who approved, what happens next. */
export function printDeletion({ out, colors }: Context, state: DeletionProgress): void {
  const { workflowId, phase, requester, requestedAt, reason, list, rule } = state;
  out.line(`${workflowId}: ${paint(colors, phase)}`);
  out.line(`  asked for by ${requester} at ${requestedAt}: ${reason}`);
  if (list !== null) for (const line of listLines(list)) out.line(line);
  printSaid(out, state);
  for (const { backup, repository, outcome, removed, sentences } of state.copies)
    out.line(
      `  ${outcome.padEnd(10)} ${nameOf(backup)} in ${repository}, ${removed} versions${sentences.length > 0 ? `: ${sentences.join(' ')}` : ''}`,
    );
  for (const sentence of state.sentences) out.line(`  note       ${sentence}`);
  if (phase === 'waiting for approvals') {
    printAsked(out, 'deletion', state);
    out.line(`It is then deleted after ${formatDuration(rule.delay)}, in which anyone can cancel it.`);
  }
  if (phase === 'waiting out the delay') {
    out.line(`It is deleted at ${state.due}. Anyone can cancel it until then:`);
    out.line(`  holdfast deletion cancel ${workflowId} --as NAME --reason "…"`);
  }
}

/** What goes, in lines. */
export function listLines({ items, notReached, sha256 }: DeletionList): string[] {
  return [
    ...items.flatMap(({ backup, because, copies }) => [
      `  goes       ${nameOf(backup)}`,
      ...copies.map(
        ({ repository, files, versions, bytes }) =>
          `             in ${repository}: ${files} files, ${versions} versions, ${formatBytes(bytes)}`,
      ),
      `             it may: ${because}`,
    ]),
    ...notReached.map((name) => `  stays      what ${name} holds: it could not be reached`),
    `  list       ${sha256}`,
  ];
}

function paint(colors: Context['colors'], phase: DeletionProgress['phase']): string {
  if (phase === 'deleted') return colors.green(phase);
  return phase === 'failed' || phase === 'refused' ? colors.red(phase) : phase;
}
