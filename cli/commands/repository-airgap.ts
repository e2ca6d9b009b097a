import { randomUUID } from 'node:crypto';
import { type Client, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Command } from 'commander';
import { HoldfastError, isErrorCode } from '../../policy/errors.ts';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { formatBytes, formatDuration } from '../../policy/units.ts';
import { airgapInput, airgapWorkflowId } from '../../schedules/index.ts';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import {
  type AirgapResult,
  type AttachWord,
  attachedUpdate,
  detachedUpdate,
} from '../../workflows/contract-airgap.ts';
import type { Act } from '../act.ts';
import { named } from '../backups.ts';
import type { Context } from '../context.ts';
import { exit } from '../io.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from '../run-workflow.ts';
import { examples } from './examples.ts';

/** The commands for air-gapped repositories: fill now, and a person's word that the disk is there, or gone. */
export function addRepositoryAirgap(repository: Command, act: Act): void {
  repository
    .command('fill')
    .description(
      'fill an air-gapped repository now: asks for it, copies what is missing, lets go what has expired',
    )
    .argument('<repository>', 'a repository with `online: manual`')
    .option('--wait', 'wait for its end, and show how far it is')
    .addHelpText(
      'after',
      examples('holdfast repository fill safe', 'holdfast repository fill safe --wait --json'),
    )
    .action(act<{ wait?: boolean }>((context, { wait }, [name = '']) => fill(context, name, wait === true)));
  addWord(repository, act, attachedUpdate);
  addWord(repository, act, detachedUpdate);
}

function addWord(repository: Command, act: Act, verb: 'attached' | 'detached'): void {
  const command = repository
    .command(verb)
    .description(`say that an air-gapped repository is ${verb}, as its run asks`)
    .argument('<repository>', 'a repository with `online: manual`')
    .requiredOption('--as <person>', "your name among the policy's people");
  if (verb === 'attached')
    command.option('--fresh', 'the medium is new and empty: it becomes this repository');
  command.addHelpText('after', examples(`holdfast repository ${verb} safe --as operator-1`)).action(
    act<{ as: string; fresh?: boolean }>(async (context, { as, fresh }, [name = '']) => {
      const { policy } = await context.loadPolicy();
      requireManual(policy, name);
      const { client } = await context.temporal();
      const workflowId = await runningFor(client, name);
      const sentence = await say(client, workflowId, verb, { by: as, ...(fresh ? { fresh } : {}) });
      context.out.result({ workflowId, repository: name, [verb]: true }, () => context.out.line(sentence));
      return exit.done;
    }),
  );
}

/** @throws HoldfastError `bad-usage` when nobody has to attach it, or no plan copies there */
function requireManual(policy: ResolvedPolicy, name: string) {
  named(policy.repositories, name, 'repository');
  const input = airgapInput(policy, name);
  if (input !== null) return input;
  throw new HoldfastError('bad-usage', `The repository ${name} is not one that people attach for a plan.`, {
    hint: 'Give it `online: manual` and name it among the `copies` of a plan.',
  });
}

async function fill(context: Context, name: string, wait: boolean) {
  const { policy } = await context.loadPolicy();
  const input = requireManual(policy, name);
  const { client } = await context.temporal();
  const { patience, schedule } = input.manual;
  const run = await started(
    client.workflow.start<Workflows['airgap']>(workflowTypes.airgap, {
      ...startOptions({
        zone: await zoneWithWorker(client, [input.repository.zone]),
        workflowId: `${airgapWorkflowId(name)}/${randomUUID().slice(0, 8)}`,
        kind: workflowTypes.airgap,
        summary: `Copies into ${name}, once ${input.manual.role} has attached it`,
        timeout: 2 * patience + schedule.deadline + 900,
      }),
      args: [input],
    }),
  );
  if (!wait) {
    context.out.result({ workflowId: run.workflowId }, () => {
      context.out.line(`Started ${run.workflowId}.`);
      context.out.line(`It asks ${input.manual.role}, for ${formatDuration(patience)} at most.`);
    });
    return exit.done;
  }
  const result = await runToEnd(context, run);
  context.out.result(result, () => print(context, result));
  return result.result === 'passed' ? exit.done : exit.fault;
}

/** The run that asks for a repository now. @throws HoldfastError `not-found` */
async function runningFor(client: Client, name: string): Promise<string> {
  const own = new RegExp(`^${airgapWorkflowId(name)}(-\\d{4}-\\d\\d-\\d\\dT[\\d:]+Z|/.+)?$`);
  const query = `WorkflowType = "${workflowTypes.airgap}" AND ExecutionStatus = "Running"`;
  for await (const { workflowId } of client.workflow.list({ query }))
    if (own.test(workflowId)) return workflowId;
  throw new HoldfastError('not-found', `No run asks for ${name} now.`, {
    hint: `Start one with \`holdfast repository fill ${name}\`.`,
  });
}

async function say(client: Client, workflowId: string, verb: string, word: AttachWord): Promise<string> {
  try {
    return await client.workflow
      .getHandle(workflowId)
      .executeUpdate<string, [AttachWord]>(verb, { args: [word] });
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure))
      throw error;
    const { type, message } = error.cause;
    throw new HoldfastError(type && isErrorCode(type) ? type : 'bad-usage', message, { cause: error });
  }
}

function print({ out, colors }: Context, result: AirgapResult): void {
  const mark = result.result === 'passed' ? colors.green(result.result) : colors.yellow(result.result);
  out.line(`${mark}  ${result.repository}`);
  for (const { plan, copied, bytes, present, newest } of result.plans)
    out.line(
      `  ${plan}: ${copied} copied (${formatBytes(bytes)}), ${present} there before, newest data of ${newest?.dataTime ?? 'none'}`,
    );
  for (const { plan, removed, bytes } of result.expired)
    if (removed > 0) out.line(`  ${plan}: ${removed} expired and removed (${formatBytes(bytes)})`);
  for (const sentence of result.exceptions) out.line(`  exception  ${sentence}`);
}
