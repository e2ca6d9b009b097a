import { setTimeout as pause } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { HoldfastError } from '../policy/errors.ts';
import { withHardwareKey } from '../policy/resolve-people.ts';
import type { ResolvedPolicy } from '../policy/resolved.ts';
import { progressQuery, type Workflows, workflowTypes } from '../workflows/contract.ts';
import { type SwitchProgress, switchNamespace } from '../workflows/contract-switch.ts';
import { nameOf } from '../workflows/deletion-text.ts';
import { switchApprovalText, switchWords } from '../workflows/switch-text.ts';
import { type AskingKind, newRunId } from './approvals.ts';
import { copiesNear, keysOf, named, parseBackupName, restoreZone } from './backups.ts';
import { findBackup } from './catalogue.ts';
import type { Context } from './context.ts';
import { type Identity, personNamed } from './personal-signature.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from './run-workflow.ts';
import { requestIfAsked } from './signed-request.ts';
import { factLines } from './switch-print.ts';

/** Switches, as the commands that all requests for approvals share speak of them. */
export const switches: AskingKind<SwitchProgress> = {
  name: 'switch',
  type: workflowTypes.switchInto,
  missing: (text) => `There is no switch ${text}.`,
  preparing: switchWords.preparing,
  proposal: ({ facts, text, hash }) =>
    facts === null || text === null || hash === null ? null : { text, hash, lines: factLines(facts, hash) },
  why: ({ cancelled, notes }) =>
    cancelled === null ? notes.at(-1) : `${cancelled.by} cancelled it: ${cancelled.reason}`,
  textOf: switchApprovalText,
  namespace: switchNamespace,
};

export type SwitchQuestion = Partial<Identity> & { reason?: string; zone?: string; from?: string };

/**
 * Starts the switch of a backup into the place of its live database, and waits until it asks for approvals.
 *
 * @throws HoldfastError `bad-usage` without a name or a reason, `bad-policy` where the source can't be switched
 */
export async function startSwitch(
  context: Context,
  text: string,
  { as, reason, ...question }: SwitchQuestion,
): Promise<SwitchProgress> {
  if (as === undefined || reason === undefined)
    throw new HoldfastError(
      'bad-usage',
      'Who asks for a live database to be replaced, and why, is recorded.',
      {
        hint: 'Add --as NAME --reason "…".',
      },
    );
  const name = parseBackupName(text);
  const { policy } = await context.loadPolicy();
  const person = personNamed(policy.people, as).name;
  const found = await findBackup(context, policy, name, question.from);
  const source = named(policy.sources, found.source, 'source');
  if (source.switch === undefined)
    throw new HoldfastError('bad-policy', `The policy does not say how ${source.name} could be switched.`, {
      hint: `Write sources.${source.name}.switch: the role that may, who approves, how services are stopped and started.`,
    });
  const place = restoreZone(
    policy,
    { source: found.source, keyName: found.copies[0]?.key ?? '' },
    question.zone,
  );
  const candidates = copiesNear(policy, found, place, question.from);
  const { client } = await context.temporal();
  const workflowId = newRunId('switch');
  const backup = { source: found.source, backupId: found.backupId };
  const secondFactor = policy.secondFactor.includes('restore') ? withHardwareKey(policy.people) : undefined;
  const request = await requestIfAsked(context, { as, ...question }, secondFactor, {
    kind: 'restore',
    subject: nameOf(backup),
    workflowId,
  });
  const run = await started(
    client.workflow.start<Workflows['switchInto']>(workflowTypes.switchInto, {
      ...startOptions({
        zone: await zoneWithWorker(client, [place.zone]),
        workflowId,
        kind: workflowTypes.switchInto,
        summary: `Switch of ${found.backupId} into ${source.name}, asked for by ${person}`,
        attributes: { HoldfastSource: found.source, HoldfastPlan: found.plan },
      }),
      memo: { requester: person, reason, backup: nameOf(backup) },
      args: [
        {
          organization: policy.organization,
          backup,
          source,
          rule: source.switch,
          zone: place.zone,
          candidates,
          signers: policy.signers,
          keys: keysOf(Object.values(policy.plans)),
          people: policy.people,
          person,
          reason,
          ...auditOf(policy),
          signingKeys: policy.signingKeys,
          alertZone: policy.checks.zone,
          ...request,
          ...(secondFactor === undefined ? {} : { secondFactor }),
        },
      ],
    }),
  );
  return asking(context, client.workflow.getHandle<Workflows['switchInto']>(run.workflowId));
}

const auditOf = ({ audit }: ResolvedPolicy) => (audit === undefined ? {} : { audit });

/** Waits until it is restored and shown what would be switched; a run that ends before that is thrown. */
async function asking(
  context: Context,
  handle: WorkflowHandle<Workflows['switchInto']>,
): Promise<SwitchProgress> {
  context.progress.show('Restoring beside the live database');
  for (;;) {
    const state = await handle.query<SwitchProgress>(progressQuery);
    if (state.phase === 'refused' || state.phase === 'failed') await runToEnd(context, handle);
    if (state.phase !== 'restoring') return state;
    await pause(500, undefined, { signal: context.io.signal }).catch(() => {
      throw new HoldfastError('interrupted', `Stopped waiting for ${handle.workflowId}.`, {
        hint: 'It goes on; `holdfast switch cancel` ends it.',
      });
    });
  }
}
