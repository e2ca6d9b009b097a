import { setTimeout as pause } from 'node:timers/promises';
import { HoldfastError } from '../../policy/errors.ts';
import type { DnsRecord, StepOf } from '../../policy/resolved-failover.ts';
import { counted } from '../../policy/units.ts';
import { toolMissing } from '../../process/index.ts';
import type { Fact, PreflightFinding, StepRun } from '../../workflows/contract-failover-steps.ts';
import { reasonOf } from '../reason.ts';
import type { Work } from '../work.ts';
import { askDns, canonicalValue, placeIn } from './dns-ask.ts';
import {
  isAs,
  laggards,
  type SeenRecord,
  sayRecord,
  sayValues,
  seeRecord,
  setRecord,
  tryRecord,
  type WantedRecord,
} from './dns-record.ts';
import { isProgram } from './program.ts';
import { reported } from './said.ts';
import { findingOf, simulated } from './sayings.ts';
import type { StepWork } from './step-work.ts';

type DnsStep = StepOf<'dns.update'>;

const betweenLooks = 500;
/** Seconds that are kept back of a step's time for saying what came of it. */
const reserve = 5;

/** Names of facts: a way back needs what was there before. */
const facts = { now: 'value now', ttlNow: 'TTL now', before: 'value before', ttlBefore: 'TTL before' };

const whoAnswers = ({ length }: readonly string[]): string =>
  length === 0 ? 'the name server answers' : `the name server and ${counted(length, 'resolver')} answer`;

/**
 * Points a name elsewhere by a dynamic update (RFC 2136). A step that is repeated finds the name as it should be, and sends
 * nothing. In a drill without a record of its own the server is asked whether it would take the update, and nothing changes.
 */
export const dnsUpdate: StepWork<'dns.update'> = {
  async look(step, run, work) {
    const findings: PreflightFinding[] = [];
    for (const program of ['dig', 'nsupdate'])
      if (!(await isProgram(program))) findings.push(findingOf(step, 'fault', toolMissing(program).sentence));
    if (findings.length > 0) return { findings, facts: [], choices: [] };
    const of = recordOf(step, run) ?? step.of;
    try {
      const seen = await seeRecord(of, work);
      await tryRecord(of, wantedBy(step), work);
      const said = `${of.server.name} has ${of.record} as ${sayRecord(seen)}, and takes updates of it.`;
      findings.push(findingOf(step, 'ok', said), ...slowness(step, seen), ...(await deaf(step, of, work)));
      return { findings, facts: nowFacts(seen), choices: [] };
    } catch (error) {
      if (work.signal.aborted) throw error;
      return { findings: [findingOf(step, 'fault', reasonOf(error).sentence)], facts: [], choices: [] };
    }
  },

  async carryOut(step, run, work) {
    const of = recordOf(step, run);
    const wanted = wantedBy(step);
    if (of === undefined) {
      await seeRecord(step.of, work);
      await tryRecord(step.of, wanted, work);
      return simulated(
        `${step.of.server.name} would take the update of ${step.of.record}; nothing was changed.`,
      );
    }
    const startedAt = Date.now();
    const seen = await seeRecord(of, work);
    const there = isAs(seen, wanted);
    if (!there) await setRecord(of, seen, wanted, work);
    await untilAnswered(step, of, { startedAt, work });
    const before = there ? rememberedIn(run, step) : seen;
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    const deed = there ? 'was so already' : `is set, and was ${sayRecord(seen)}`;
    return {
      exceptions: [],
      results: [
        { name: facts.now, value: sayValues(wanted.values) },
        ...(before === null ? [] : beforeFacts(before)),
      ],
      sentence: `${of.record} ${of.type} ${sayValues(wanted.values)} ${deed}; ${whoAnswers(of.server.resolvers)} so after ${seconds} s.`,
      output: null,
    };
  },

  async check(step, run, work) {
    const of = recordOf(step, run);
    if (of === undefined) return reported('Nothing was changed.');
    const seen = await seeRecord(of, work);
    const wanted = wantedBy(step);
    if (!isAs(seen, wanted))
      throw new HoldfastError(
        'mismatch',
        `${of.record} is ${sayRecord(seen)} and not ${sayRecord(wanted)}.`,
        {
          hint: 'Somebody changed it after the step did. Find out who, then retry the step.',
        },
      );
    return reported(`${of.server.name} answers ${sayRecord(seen)}.`);
  },

  async undo(step, run, work) {
    const of = recordOf(step, run);
    if (of === undefined) return { outcome: 'nothing-to-undo', sentence: 'Nothing was changed.' };
    const seen = await seeRecord(of, work);
    const before = rememberedIn(run, step);
    const wanted = wantedBy(step);
    if (before === null)
      return isAs(seen, wanted)
        ? { outcome: 'not-undoable', sentence: `What ${of.record} was before the run is not known.` }
        : { outcome: 'nothing-to-undo', sentence: `${of.record} is ${sayRecord(seen)}.` };
    const back = { values: before.values, ttl: before.ttl ?? wanted.ttl };
    if (isAs(seen, back)) return { outcome: 'undone', sentence: `${of.record} is ${sayRecord(seen)} again.` };
    if (!isAs(seen, wanted))
      return {
        outcome: 'not-undoable',
        sentence: `${of.record} is ${sayRecord(seen)} by now, which this run did not set: left as it is.`,
      };
    await setRecord(of, seen, back, work);
    return { outcome: 'undone', sentence: `${of.record} is ${sayRecord(before)} again.` };
  },
};

const recordOf = (step: DnsStep, run: StepRun): DnsRecord | undefined =>
  run.mode === 'real' ? step.of : step.drill;

const wantedBy = ({ of, value, ttl }: DnsStep): WantedRecord => ({
  values: [canonicalValue(of.type, value)],
  ttl,
});

/** What caches still say after the update, and for how long. */
function slowness(step: DnsStep, { ttl }: SeenRecord): PreflightFinding[] {
  if (ttl === null || ttl <= step.ttl) return [];
  const sentence = `Resolvers may give the old answer for ${ttl} seconds: its TTL is above the ${step.ttl} seconds of the step. Lower it now.`;
  return [findingOf(step, 'warning', sentence)];
}

/** Resolvers that would keep the step from passing. */
async function deaf(
  step: DnsStep,
  { server, record, type }: DnsRecord,
  work: Work,
): Promise<PreflightFinding[]> {
  const asked = server.resolvers.map((resolver) =>
    askDns(placeIn(resolver), { name: record, type, recurse: true }, work).then(
      () => [],
      (error: unknown) => {
        if (work.signal.aborted) throw error;
        return [findingOf(step, 'warning', `Resolver: ${reasonOf(error).sentence}`)];
      },
    ),
  );
  return (await Promise.all(asked)).flat();
}

/** @throws HoldfastError `stalled` when somebody still gives another answer shortly before the step's time is over */
async function untilAnswered(
  step: DnsStep,
  of: DnsRecord,
  { startedAt, work }: { startedAt: number; work: Work },
): Promise<void> {
  const most = Math.max(step.timeout - reserve, 1);
  for (;;) {
    const late = await laggards(of, wantedBy(step), work);
    if (late.length === 0) return;
    if ((Date.now() - startedAt) / 1000 >= most)
      throw new HoldfastError('stalled', `${of.record} is set, but ${late.join('; ')}.`, {
        hint: 'Retry the step once caches have run out: it sends nothing twice.',
      });
    await pause(betweenLooks, undefined, { signal: work.signal });
  }
}

const list = (values: readonly string[]): string => values.join(', ');

const nowFacts = ({ values, ttl }: SeenRecord): Fact[] => [
  { name: facts.now, value: list(values) },
  ...(ttl === null ? [] : [{ name: facts.ttlNow, value: `${ttl} s`, number: ttl, unit: 'seconds' } as const]),
];

const beforeFacts = ({ values, ttl }: SeenRecord): Fact[] => [
  { name: facts.before, value: list(values) },
  ...(ttl === null
    ? []
    : [{ name: facts.ttlBefore, value: `${ttl} s`, number: ttl, unit: 'seconds' } as const]),
];

/** What this run saw before it changed the record: in its result, else in the look right before. */
function rememberedIn({ results }: StepRun, step: DnsStep): SeenRecord | null {
  const known = results[step.id] ?? [];
  const read = (value: string, ttl: string): SeenRecord | null => {
    const found = known.find(({ name }) => name === value);
    if (found === undefined) return null;
    const values = found.value === '' ? [] : found.value.split(', ');
    return { values, ttl: known.find(({ name }) => name === ttl)?.number ?? null };
  };
  const before = read(facts.before, facts.ttlBefore);
  if (before !== null) return before;
  const seen = read(facts.now, facts.ttlNow);
  return seen === null || isAs(seen, wantedBy(step)) ? null : seen;
}
