import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import type { AuditTarget, ResolvedPolicy } from '../../policy/resolved.ts';
import type {
  AuditFilter,
  AuditResult,
  ChainVerification,
  VerifyAuditResult,
} from '../../workflows/contract-audit.ts';
import type { Act } from '../act.ts';
import { auditEntries, mostEntries, verifiedLog } from '../audit-entries.ts';
import { named } from '../backups.ts';
import type { Context } from '../context.ts';
import { countOption } from '../durations.ts';
import { exit } from '../io.ts';
import { type Since, sinceOption } from '../since.ts';
import { examples } from './examples.ts';

export function addAudit(audit: Command, act: Act): void {
  audit.addHelpText('after', examples('holdfast audit list --since 7d', 'holdfast audit verify'));
  addList(audit, act);
  addVerify(audit, act);
}

type ListOptions = Omit<AuditFilter, 'since'> & { since?: Since; limit: number };

function addList(audit: Command, act: Act): void {
  audit
    .command('list')
    .description('what happened, newest first')
    .option('--zone <zone>', "only this zone's chain")
    .option('--since <when>', 'a day, an instant, or how long ago: 2026-11-21, 7d', sinceOption)
    .option('--action <action>', 'only these: backup.created, or backup for all that happens to backups')
    .option('--subject <subject>', 'only what happened to this source, backup, repository or plan')
    .option('--person <name>', 'only what this person asked for')
    .option('--limit <count>', `at most so many, and never more than ${mostEntries}`, countOption, 100)
    .addHelpText(
      'after',
      examples(
        'holdfast audit list --action deletion --since 30d',
        'holdfast audit list --subject shop --person dba-1 --json',
      ),
    )
    .action(
      act<ListOptions>(async (context, { limit, since, ...rest }) => {
        const { policy } = await context.loadPolicy();
        const filter: AuditFilter = since === undefined ? rest : { ...rest, since: since(policy.timezone) };
        const result = await auditEntries(context, targetOf(policy), filter, Math.min(limit, mostEntries));
        if (rest.zone !== undefined && result.entries.length === 0) named(policy.zones, rest.zone, 'zone');
        context.out.result(result, () => printList(context, result));
        return exit.done;
      }),
    );
}

function addVerify(audit: Command, act: Act): void {
  audit
    .command('verify')
    .description('read every chain from its first entry on, and name the first link that does not hold')
    .option('--zone <zone>', "only this zone's chain")
    .addHelpText('after', examples('holdfast audit verify', 'holdfast audit verify --zone fra --json'))
    .action(
      act<{ zone?: string }>(async (context, { zone }) => {
        const { policy } = await context.loadPolicy();
        const result = await verifiedLog(context, targetOf(policy), policy.signers, zone);
        // A name mistyped must not pass. A zone that the policy has no more may still have a chain.
        if (zone !== undefined && result.chains.every(({ entries }) => entries === 0))
          named(policy.zones, zone, 'zone');
        context.out.result(result, () => printVerification(context, result));
        return result.result === 'failed' || result.unreadable.length > 0 ? exit.fault : exit.done;
      }),
    );
}

function targetOf({ audit }: ResolvedPolicy): AuditTarget {
  if (audit !== undefined) return audit;
  throw new HoldfastError('bad-policy', 'The policy keeps no audit log.', {
    hint: 'Name a repository for it under `audit`; docs/audit.md says how to make one.',
  });
}

function printList(context: Context, { entries, more, unreadable }: AuditResult): void {
  const { out, colors } = context;
  if (entries.length === 0) out.line('Nothing of that is in the audit log.');
  else
    out.table(
      ['WHEN (UTC)', 'ENTRY', 'ACTION', 'SUBJECT', 'WHO', 'REASON'],
      entries.map(({ at, zone, seq, action, outcome, subject, person, worker, reason }) => [
        at.slice(0, 19).replace('T', ' '),
        `${zone}/${seq}`,
        outcome === 'done' ? action : colors.red(`${action} (${outcome})`),
        subject,
        person ?? worker,
        reason ?? '',
      ]),
    );
  for (const { zone, seq } of unreadable) context.remark(`Entry ${zone}/${seq} can't be understood.`);
  if (unreadable.length > 0) context.remark('Run `holdfast audit verify`.');
  if (more) context.remark(`There are more: narrow it down, or raise --limit up to ${mostEntries}.`);
}

function printVerification(
  { out, colors }: Context,
  { result, chains, exceptions, unreadable }: VerifyAuditResult,
): void {
  if (chains.length === 0) out.line('The audit log is empty.');
  for (const chain of chains) {
    const mark = chain.outcome === 'passed' ? colors.green('passed') : colors.red('failed');
    out.line(`${mark}  ${chain.zone}: ${described(chain)}`);
    if (chain.broken !== null)
      out.line(`  ${colors.red(chain.broken.kind)} at entry ${chain.broken.seq}: ${chain.broken.sentence}`);
    if (chain.outcome === 'passed' && chain.last !== null)
      out.line(`  head       ${chain.last.seq} ${chain.last.hash} of ${chain.last.recordedAt}`);
    for (const sentence of chain.exceptions) out.line(`  exception  ${sentence}`);
  }
  for (const { repository, sentence } of unreadable)
    out.line(`${colors.red('not read')}  the heads in ${repository}: ${sentence}`);
  for (const sentence of exceptions) out.line(`exception  ${sentence}`);
  out.line(`audit log: ${result}`);
}

function described({ entries, heads, outcome }: ChainVerification): string {
  const counted = `${entries.toLocaleString('en')} entries`;
  return outcome === 'passed' ? `${counted}, ${heads.toLocaleString('en')} signed heads` : `${counted} hold`;
}
