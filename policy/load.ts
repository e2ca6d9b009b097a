import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { faultyCommunication, faultyDisasters } from './communicating.ts';
import { type PolicyDocument, readDocument } from './document.ts';
import { HoldfastError } from './errors.ts';
import { faultyRunbooks } from './failover/faults.ts';
import { flattenRunbooks } from './failover/includes.ts';
import { atOrigin } from './failover/origins.ts';
import { oversizedRunbooks } from './failover/size.ts';
import { whyNotFile } from './file-faults.ts';
import { defaultSentence, faultsOf } from './issues.ts';
import { type PublicKeys, readPublicKeys } from './key-files.ts';
import { linksOf } from './links.ts';
import { overlappingRepositories } from './overlaps.ts';
import { type DataPath, type Fault, PolicyError, type Problem, pathText } from './problem.ts';
import { faultyReferences } from './references.ts';
import { resolvePolicy } from './resolve.ts';
import type { ResolvedPolicy } from './resolved.ts';
import { faultyRoles } from './roles.ts';
import { salvage, whole } from './salvage.ts';
import { policySchema } from './schema.ts';
import { type Weakness, weaknessesOf } from './weakness/index.ts';

/** A finding with its place in the file. `path` is for people; line and column count from 1. */
export type Placed<T> = Omit<T, 'path'> & { path: string; line: number; column: number };

export type LoadedPolicy = {
  policy: ResolvedPolicy;
  /** Ways in which this valid policy may fail its team, in the order of lines. */
  weaknesses: Placed<Weakness>[];
  /** The file's text, as it is published beside the backups, and the public keys that it names by path. */
  source: string;
  publicKeys: PublicKeys;
};

const largestFile = 8 * 2 ** 20;

/**
 * Reads and checks a policy file with everything that it names, and resolves it.
 *
 * @throws PolicyError with every problem of the file at once; HoldfastError `bad-policy` when there is no such file.
 */
export async function loadPolicy(path: string): Promise<LoadedPolicy> {
  const bytes = await readPolicyFile(path);
  const source = decode(bytes, path);
  const document = readDocument(source, path);
  if (document.value === null) throw new PolicyError(path, document.problems);

  const { value, origin, faults: misincluded } = flattenRunbooks(document.value);
  const parsed = policySchema.safeParse(value, { error: defaultSentence });
  const sound = parsed.success ? whole(parsed.data) : salvage(value);
  const keys = await readPublicKeys(value, dirname(path));
  const found = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => faultsOf(issue))),
    ...faultyReferences(linksOf(value), sound),
    ...faultyRoles(value, sound, keys.publicKeys.people),
    ...overlappingRepositories(sound.sections.repositories),
    ...faultyRunbooks(value, sound),
    ...faultyCommunication(value, sound),
    ...faultyDisasters(sound),
    ...keys.faults,
  ];
  const faults = [...misincluded, ...atOrigin(found, origin, misincluded)];
  if (!parsed.success || faults.length > 0 || document.problems.length > 0)
    throw new PolicyError(path, [...document.problems, ...placeFaults(faults, path, document)]);

  const hash = createHash('sha256').update(bytes).digest('hex');
  const policy = resolvePolicy(parsed.data, keys.publicKeys, hash);
  const oversized = oversizedRunbooks(policy.runbooks);
  if (oversized.length > 0) throw new PolicyError(path, placeFaults(oversized, path, document));
  return {
    policy,
    weaknesses: placed(atOrigin(weaknessesOf({ written: parsed.data, resolved: policy }), origin), document),
    source,
    publicKeys: keys.publicKeys,
  };
}

async function readPolicyFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new HoldfastError('bad-policy', `The policy file ${path} can't be read: ${whyNotFile(cause)}.`, {
      hint: 'Name it with --policy, or write one with `holdfast init`.',
      cause,
    });
  }
}

function decode(bytes: Buffer, path: string): string {
  const refuse = (message: string, hint: string) =>
    new PolicyError(path, [{ file: path, line: 1, column: 1, path: '', message, hint }]);
  if (bytes.length > largestFile) throw refuse('this file is too large to be a policy', 'at most 8 MiB');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refuse('this file is not UTF-8 text', 'save it as UTF-8');
  }
}

function placeFaults(faults: Fault[], file: string, document: PolicyDocument): Problem[] {
  return faults.map(({ path, at, message, hint }) => ({
    file,
    ...document.locate(path, at),
    path: pathText(path),
    message,
    ...(hint === undefined ? {} : { hint }),
  }));
}

function placed<T extends { path: DataPath }>(findings: T[], document: PolicyDocument): Placed<T>[] {
  return findings
    .map((finding) => ({
      ...finding,
      path: pathText(finding.path),
      ...document.locate(finding.path, 'value'),
    }))
    .sort((a, b) => a.line - b.line || a.column - b.column);
}
