import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { sentenceOf } from '../../policy/errors.ts';
import { opensIn } from '../../policy/reach.ts';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { inParallel, missingSearchAttributes } from '../../schedules/index.ts';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { DoctorFinding, DoctorInput, DoctorResult } from '../../workflows/contract-upkeep.ts';
import type { Act } from '../act.ts';
import { keysOf, named } from '../backups.ts';
import type { Temporal } from '../connect.ts';
import type { Context } from '../context.ts';
import { exit } from '../io.ts';
import { onlineRepositories } from '../repositories.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from '../run-workflow.ts';
import { examples } from './examples.ts';

export function addDoctor(command: Command, act: Act): void {
  command
    .option('--zone <zone>', 'this zone only')
    .addHelpText('after', examples('holdfast doctor', 'holdfast doctor --zone main --json'))
    .action(
      act<{ zone?: string }>(async (context, { zone }) => {
        const { policy } = await context.loadPolicy();
        const zones =
          zone === undefined ? Object.keys(policy.zones) : [named(policy.zones, zone, 'zone').zone];
        const temporal = await context.temporal();
        const results = [
          { zone: 'temporal', findings: await examineTemporal(temporal) },
          ...(await inParallel(zones, 8, (name) => examineZone(context, temporal, policy, name))),
        ];
        const faulty = results.some(({ findings }) => findings.some(({ outcome }) => outcome === 'fault'));
        context.out.result({ healthy: !faulty, places: results }, () => print(context, results));
        return faulty ? exit.fault : exit.done;
      }),
    );
}

async function examineTemporal({ connection, address, namespace }: Temporal): Promise<DoctorFinding[]> {
  const reached: DoctorFinding = {
    subject: namespace,
    check: 'reachable',
    outcome: 'ok',
    sentence: `Temporal answers at ${address}.`,
  };
  const missing = await missingSearchAttributes(connection, namespace);
  const attributes: DoctorFinding = {
    subject: namespace,
    check: 'search-attributes',
    outcome: missing.length === 0 ? 'ok' : 'warning',
    sentence:
      missing.length === 0
        ? 'The search attributes are there.'
        : `The search attributes ${missing.join(', ')} are missing; \`holdfast apply\` adds them.`,
  };
  return [reached, attributes];
}

/** A zone that can't be examined is a fault of that zone, and no reason to leave out the others. */
async function examineZone(
  context: Context,
  { client }: Temporal,
  policy: ResolvedPolicy,
  zone: string,
): Promise<DoctorResult> {
  try {
    await zoneWithWorker(client, [zone]);
    const run = await started(
      client.workflow.start<Workflows['doctor']>(workflowTypes.doctor, {
        ...startOptions({
          zone,
          workflowId: `doctor/${zone}/${randomUUID().slice(0, 8)}`,
          kind: workflowTypes.doctor,
          summary: `Examination of zone ${zone}`,
          timeout: 900,
        }),
        args: [questionFor(policy, zone)],
      }),
    );
    return await runToEnd(context, run);
  } catch (error) {
    const finding = {
      subject: zone,
      check: 'worker',
      outcome: 'fault',
      sentence: sentenceOf(error),
    } as const;
    return { zone, findings: [finding] };
  }
}

/** What concerns a zone: its sources, the keys that it uses or opens, its repositories and those that it writes to. */
export function questionFor(policy: ResolvedPolicy, zone: string): DoctorInput {
  const plans = Object.values(policy.plans);
  const own = plans.filter(({ source }) => source.zone === zone);
  const written = new Set(own.flatMap(({ copies }) => copies.map(({ name }) => name)));
  return {
    zone,
    sources: Object.values(policy.sources).filter((source) => source.zone === zone),
    keys: keysOf(plans.filter(({ source, key }) => source.zone === zone || opensIn(key).includes(zone))),
    repositories: onlineRepositories(policy).filter(
      (repository) =>
        repository.zone === zone || (repository.kind !== 'filesystem' && written.has(repository.name)),
    ),
    signingKey: policy.signingKeys[zone] ?? null,
    signers: policy.signers,
  };
}

function print({ out, colors }: Context, results: DoctorResult[]): void {
  const marks = {
    ok: colors.green('ok     '),
    warning: colors.yellow('warning'),
    fault: colors.red('fault  '),
  };
  for (const { zone, findings } of results) {
    out.line(colors.bold(zone));
    if (findings.length === 0) out.line('  nothing in the policy concerns this zone');
    for (const { subject, outcome, sentence } of findings)
      out.line(`  ${marks[outcome]}  ${subject}: ${sentence}`);
  }
  const faults = results
    .flatMap(({ findings }) => findings)
    .filter(({ outcome }) => outcome === 'fault').length;
  out.line(faults === 0 ? 'No faults.' : `${faults} fault${faults === 1 ? '' : 's'}.`);
}
