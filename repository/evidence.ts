import { createHash } from 'node:crypto';
import { z } from 'zod';
import { HoldfastError } from '../policy/errors.ts';
import type { Signer } from '../policy/resolved.ts';
import { canonicalJson } from './canonical.ts';
import { jsonOf } from './marker.ts';
import { stampOf } from './markers.ts';
import { corruptCopy } from './reading.ts';
import { evidenceNamespace, sign, verifySignature } from './signing.ts';
import type { Store } from './store.ts';

/** Where reports lie in a repository. */
export const evidenceFolder = '_evidence/';

const folder = evidenceFolder;

/** The kinds of reports, in the order in which they are looked for. */
export const evidenceKinds = [
  'restore-test',
  'copies-check',
  'switch',
  'refresh',
  'audit-report',
  'failover',
  'drill',
  'continuity-plan',
  'review',
  'compliance',
] as const;

const envelope = z.strictObject({
  format: z.literal('holdfast-evidence/1'),
  kind: z.enum(evidenceKinds),
  /** What it is about: a plan, or the policy's organization. */
  subject: z.string(),
  at: z.iso.datetime(),
  /** The facts; their inside belongs to the kind. */
  document: z.record(z.string(), z.unknown()),
  /** SHA-256 of the text for people beside it; absent in reports of before it was signed with them. */
  markdownSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

/** What a signed report says. */
export type EvidenceDocument = z.infer<typeof envelope>;

/** A signed report with the text for people, as it is kept. */
export type SignedEvidence = {
  path: string;
  json: string;
  signature: string;
  markdown: string;
  sha256: string;
};

/** Where a report is kept, below `_evidence/` and without an extension: `restore-test/2026/12/20261206T010312Z-shop-daily`. */
export function evidencePath({
  kind,
  subject,
  at,
}: Pick<EvidenceDocument, 'kind' | 'subject' | 'at'>): string {
  const stamp = stampOf(at);
  return `${kind}/${stamp.slice(0, 4)}/${stamp.slice(4, 6)}/${stamp}-${wordOf(subject)}`;
}

/** Whether a path is one of a report about the subject; subjects that differ in marks alone look the same. */
export function isNamedAfter(path: string, subject: string): boolean {
  const [, word] = /\/\d{8}T\d{6}Z-([^/]+)$/.exec(path) ?? [];
  return word === wordOf(subject);
}

function wordOf(subject: string): string {
  const word = subject
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 63);
  return word === '' ? 'all' : word;
}

/** What a report says, its signature unchecked; null when it is none that this version understands. */
export function evidenceOf(bytes: Uint8Array): EvidenceDocument | null {
  return envelope.safeParse(jsonOf(bytes)).data ?? null;
}

/** SHA-256, in hex. */
export const sha256Of = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');

/**
 * Signs the canonical JSON of a report, with everything that is known of it and the hash of its text inside.
 *
 * @param privateKey the text of an OpenSSH private key
 * @throws HoldfastError `bad-key` when it can't sign
 */
export async function signEvidence(
  facts: Omit<EvidenceDocument, 'format' | 'markdownSha256'>,
  markdown: string,
  privateKey: string,
  work: { directory: string; signal?: AbortSignal },
): Promise<SignedEvidence> {
  const signed = { format: 'holdfast-evidence/1', ...facts, markdownSha256: sha256Of(markdown) };
  const bytes = canonicalJson(envelope.parse(signed));
  return {
    path: evidencePath(facts),
    json: Buffer.from(bytes).toString('utf8'),
    signature: await sign(bytes, privateKey, { ...work, namespace: evidenceNamespace }),
    markdown,
    sha256: sha256Of(bytes),
  };
}

/**
 * Puts a report into a repository, create-only: the text for people, the signature, and last what was signed. What an
 * earlier attempt has put is taken as done.
 *
 * @throws HoldfastError `already-exists` when another report has its place, and what the store throws
 */
export async function putEvidence(
  store: Store,
  evidence: SignedEvidence,
  signal?: AbortSignal,
): Promise<void> {
  const files = [
    ['.md', evidence.markdown],
    ['.json.sig', evidence.signature],
    ['.json', evidence.json],
  ] as const;
  for (const [extension, text] of files) {
    const key = `${folder}${evidence.path}${extension}`;
    const body = Buffer.from(text);
    if ((await store.putIfAbsent(key, body, signal)) === 'created') continue;
    const found = await store.get(key, signal);
    if (found !== null && body.equals(found)) continue;
    throw new HoldfastError('already-exists', `Repository ${store.name} has another ${key}.`, {
      hint: 'Evidence is never replaced. Another run wrote it in the same second: run again.',
    });
  }
}

/** Paths of the reports that a repository keeps, oldest first; of one kind, year or month where a prefix says so. */
export async function listEvidence(store: Store, prefix = '', signal?: AbortSignal): Promise<string[]> {
  const paths: string[] = [];
  for await (const key of store.listKeys(`${folder}${prefix}`, signal))
    if (key.endsWith('.json')) paths.push(key.slice(folder.length, -'.json'.length));
  return paths;
}

/**
 * Reads a report and checks its signature.
 *
 * @throws HoldfastError `not-found`, `untrusted-signature` when it is unsigned, changed or signed by a stranger,
 *   `corrupt-copy` when it can't be understood, and what the store throws
 */
export async function readEvidence(
  store: Store,
  path: string,
  signers: readonly Signer[],
  signal?: AbortSignal,
): Promise<{
  evidence: EvidenceDocument;
  json: string;
  signature: string;
  markdown: string;
  sha256: string;
  signedBy: string;
}> {
  const key = `${folder}${path}.json`;
  const [bytes, signature, markdown] = await Promise.all(
    [key, `${key}.sig`, `${folder}${path}.md`].map((each) => store.get(each, signal)),
  );
  if (!bytes)
    throw new HoldfastError('not-found', `Repository ${store.name} has no report ${path}.`, {
      hint: 'Reports lie in each online repository of the plan: another one may have it.',
    });
  if (!signature)
    throw new HoldfastError('untrusted-signature', `Repository ${store.name}: ${key} is not signed.`, {
      hint: 'Take the report from another repository, and find out who removed the signature.',
    });
  const work = { namespace: evidenceNamespace, ...(signal === undefined ? {} : { signal }) };
  const signedBy = await verifySignature(bytes, signature, signers, work);
  const evidence = evidenceOf(bytes);
  if (evidence === null) throw corruptCopy(store, key, 'is no report that this version understands');
  return {
    evidence,
    json: Buffer.from(bytes).toString('utf8'),
    signature: Buffer.from(signature).toString('utf8'),
    markdown: markdown ? Buffer.from(markdown).toString('utf8') : '',
    sha256: sha256Of(bytes),
    signedBy,
  };
}
