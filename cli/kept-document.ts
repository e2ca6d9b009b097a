import { randomUUID } from 'node:crypto';
import type { ResolvedPolicy } from '../policy/resolved.ts';
import { type Recorded, type Workflows, workflowTypes } from '../workflows/contract.ts';
import type { EvidenceKind, KeepReportResult } from '../workflows/contract-evidence.ts';
import type { Context } from './context.ts';
import { type DocumentOptions, giveOut } from './document-out.ts';
import { type ExitCode, exit } from './io.ts';
import { recordedBy } from './recorded.ts';
import { onlineRepositories } from './repositories.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from './run-workflow.ts';

export type KeepOptions = { store?: boolean; as?: string };

export const keepOption = [
  '--store',
  'sign it with the key of a zone, and keep it in every online repository, as evidence',
] as const;

/** A document that was made from facts. */
export type MadeDocument = {
  kind: EvidenceKind;
  /** A service, a run, the organization. */
  subject: string;
  /** ISO 8601. */
  at: string;
  /** Its facts; `result` among them. */
  document: object;
  markdown: string;
  /** What could not be looked at. */
  exceptions: readonly string[];
};

/**
 * Prints a document, after it was signed and kept where that is asked for. Exit 3 where something could not be read or kept.
 *
 * @throws HoldfastError `bad-usage` when the policy knows nobody of the name given
 */
export async function keptOrGiven(
  context: Context,
  { store, as, ...options }: KeepOptions & DocumentOptions,
  made: MadeDocument,
): Promise<ExitCode> {
  const { policy } = await context.loadPolicy();
  const recorded = recordedBy(policy, as);
  const kept = store === true ? await keep(context, made, policy, recorded) : null;
  const evidence = kept?.evidence ?? null;
  const told =
    evidence === null || kept === null
      ? {}
      : { path: evidence.path, sha256: evidence.sha256, stored: kept.stored };
  await giveOut(context, options, {
    markdown: made.markdown,
    facts: { ...made.document, ...(store === true ? { evidence: told } : {}) },
    footer:
      evidence === null
        ? [`Made ${made.at}. Nobody signed this copy.`]
        : [`Kept as ${evidence.path}`, `SHA-256 of the signed JSON: ${evidence.sha256}`],
  });
  for (const sentence of [...made.exceptions, ...(kept?.exceptions ?? [])]) context.remark(sentence);
  if (kept !== null && kept.stored.length > 0)
    context.remark(`Kept as ${evidence?.path} in ${kept.stored.join(', ')}.`);
  if (kept !== null && kept.stored.length === 0) context.remark('It is kept nowhere, so it is no evidence.');
  return made.exceptions.length > 0 || kept?.stored.length === 0 ? exit.fault : exit.done;
}

async function keep(
  context: Context,
  { kind, subject, at, document, markdown }: MadeDocument,
  policy: ResolvedPolicy,
  recorded: Recorded,
): Promise<KeepReportResult> {
  const { checks, signingKeys, zones } = policy;
  const signing = [...new Set([checks.zone, ...Object.keys(signingKeys)])];
  const { client } = await context.temporal();
  const type = workflowTypes.keepReport;
  const run = await started(
    client.workflow.start<Workflows['keepReport']>(type, {
      ...startOptions({
        zone: await zoneWithWorker(client, [...new Set([...signing, ...Object.keys(zones)])]),
        workflowId: `report/${kind}/${randomUUID().slice(0, 8)}`,
        kind: type,
        summary: `${kind} of ${subject}`,
        timeout: 3600,
      }),
      args: [
        {
          ...{ kind, subject, at, document, markdown, signingKeys },
          zones: signing,
          repositories: onlineRepositories(policy),
          ...recorded,
        },
      ],
    }),
  );
  return runToEnd(context, run);
}
