import type { FailoverFact } from '../facts.ts';
import { medianAndSpread } from '../statistics.ts';
import { paragraph, table } from './markdown.ts';

/** The part of the document on failovers; empty where they were not measured. */
export function failoverSection(fact: FailoverFact | null | undefined): string {
  if (fact === null || fact === undefined) return '';
  const { twelve, rto, wide, many } = fact;
  const tenth = (value: number) => value.toFixed(1);
  const rows = [
    ['12 steps one after the other, nothing to wait for', medianAndSpread(twelve, tenth)],
    ['RTO: primary stopped, standby promoted, name changed', medianAndSpread(rto.holdfast, tenth)],
    ['the same commands in a script', medianAndSpread(rto.script, tenth)],
    [`${wide.steps} steps, ${wide.sideBySide} side by side`, tenth(wide.seconds)],
    [`${many.runs} runs of 3 steps at once, until the last has ended`, tenth(many.seconds)],
  ];
  return `## Failovers\n\n${table(['what', 'seconds'], rows)}\n\n${paragraph(
    'Runs to their end, with a signed report in the repository; RTO from the declaration to the end of the last step. Each step is looked at, done and checked, and each of these waits for a worker that shares two processors with Temporal. People take longer than all of it.',
  )}`;
}
