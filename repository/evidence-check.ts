import { HoldfastError } from '../policy/errors.ts';
import type { Signer } from '../policy/resolved.ts';
import { signatureCheck } from './audit/head-signature.ts';
import { type EvidenceDocument, evidenceOf, evidencePath, sha256Of } from './evidence.ts';
import { fingerprintOf, keyBytes } from './person-signature.ts';
import { evidenceNamespace } from './signing.ts';
import { readSshSignature } from './ssh-signature.ts';
import type { Store } from './store.ts';

/** What can be wrong with a report, or with what lies beside it. */
export type EvidenceFaultKind =
  | 'unsigned'
  /** The signature fits nothing: bytes or signature were changed. */
  | 'changed'
  | 'stranger'
  /** A good signature of something that is no report. */
  | 'other-purpose'
  | 'not-understood'
  /** It says of itself that it belongs elsewhere. */
  | 'misplaced'
  | 'json-missing'
  | 'markdown-missing'
  | 'markdown-changed'
  /** Beside a backup: the manifest is gone or does not count, or a marker names another report. */
  | 'manifest'
  | 'marker';

export type EvidenceFault = { file: string; fault: EvidenceFaultKind; sentence: string };

/** One report as it was found. */
export type CheckedReport = {
  /** Without an extension, below where reports were looked for. */
  path: string;
  /** Null where it does not count: nothing of it is to be believed. */
  evidence: EvidenceDocument | null;
  sha256: string | null;
  signedBy: string | null;
  faults: EvidenceFault[];
  /** What could not be checked, and is no fault. */
  notes: string[];
};

/** Signatures checked at once: each is a process. */
const atOnce = 4;

/** The name of a report, whatever lies in its place. */
const reportName = /(^|\/)\d{8}T\d{6}Z-[a-z0-9-]+$/;

const extensions = ['.json.sig', '.json', '.md'] as const;

type Extension = (typeof extensions)[number];

export type EvidenceQuestion = {
  /** Where reports lie: `_evidence/`, or empty in a directory that holds nothing else. */
  prefix: string;
  /** Whose signatures count. */
  signers: readonly Signer[];
  signal?: AbortSignal;
};

/**
 * Checks every report below a prefix: its signature, its place, and that its text for people is the one that was signed
 * with it. What is wrong with one is an answer and no error.
 *
 * @returns the reports by path, and files that belong to none
 * @throws what the store throws: a listing never ends early
 */
export async function checkReports(
  store: Store,
  question: EvidenceQuestion,
): Promise<{ reports: CheckedReport[]; others: string[] }> {
  const { found, others } = await reportsIn(store, question);
  const reports: CheckedReport[] = [];
  const left = [...found];
  const worker = async () => {
    for (let path = left.shift(); path !== undefined; path = left.shift())
      reports.push((await checkReport(store, path, question)).report);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { reports: reports.sort((a, b) => (a.path < b.path ? -1 : 1)), others };
}

/** Files by the report that they belong to. */
async function reportsIn(
  store: Store,
  { prefix, signal }: EvidenceQuestion,
): Promise<{ found: Set<string>; others: string[] }> {
  const found = new Set<string>();
  const others: string[] = [];
  for await (const key of store.listKeys(prefix, signal)) {
    const file = key.slice(prefix.length);
    const extension = extensions.find((each) => file.endsWith(each));
    const path = extension === undefined ? file : file.slice(0, -extension.length);
    if (extension === undefined || (extension === '.md' && !reportName.test(path))) others.push(file);
    else found.add(path);
  }
  return { found, others };
}

/** One report with the texts that make it up, empty where they are not there. */
export async function checkReport(
  store: Store,
  path: string,
  { prefix, signers, signal }: EvidenceQuestion,
): Promise<{ report: CheckedReport; json: string; signature: string; markdown: string }> {
  const get = (extension: Extension) => store.get(`${prefix}${path}${extension}`, signal);
  const [json, signature, markdown] = await Promise.all([get('.json'), get('.json.sig'), get('.md')]);
  return {
    report: await judge(path, { json, signature, markdown }, signers, signal),
    json: textOf(json),
    signature: textOf(signature),
    markdown: textOf(markdown),
  };
}

const textOf = (bytes: Uint8Array | null): string => (bytes ? Buffer.from(bytes).toString('utf8') : '');

async function judge(
  path: string,
  { json, signature, markdown }: Record<'json' | 'signature' | 'markdown', Uint8Array | null>,
  signers: readonly Signer[],
  signal: AbortSignal | undefined,
): Promise<CheckedReport> {
  const nothing = { path, evidence: null, sha256: null, signedBy: null, notes: [] };
  const fault = (extension: Extension, kind: EvidenceFaultKind, sentence: string): EvidenceFault => ({
    file: `${path}${extension}`,
    fault: kind,
    sentence,
  });
  if (!json) {
    const sentence = 'The report that this belongs to is not here: what was signed is gone.';
    return { ...nothing, faults: [fault(markdown ? '.md' : '.json.sig', 'json-missing', sentence)] };
  }
  if (!signature)
    return { ...nothing, faults: [fault('.json', 'unsigned', 'There is no signature beside it.')] };
  const signed = await checkSignature(json, signature, signers, signal);
  if ('fault' in signed) return { ...nothing, faults: [fault('.json', signed.fault, signed.sentence)] };
  const evidence = evidenceOf(json);
  if (evidence === null) {
    const sentence = 'It is signed, and no report that this version understands.';
    return { ...nothing, ...signed, faults: [fault('.json', 'not-understood', sentence)] };
  }
  const place = placeFault(path, evidence);
  const text = textFault(evidence, markdown);
  const unsigned = evidence.markdownSha256 === undefined && markdown;
  return {
    path,
    evidence,
    sha256: sha256Of(json),
    ...signed,
    faults: [
      ...(place === null ? [] : [fault('.json', 'misplaced', place)]),
      ...(text === null ? [] : [fault('.md', text.fault, text.sentence)]),
    ],
    notes: unsigned ? [`${path}.md was not signed with its report: where they differ, the JSON counts.`] : [],
  };
}

async function checkSignature(
  bytes: Uint8Array,
  signature: Uint8Array,
  signers: readonly Signer[],
  signal: AbortSignal | undefined,
): Promise<{ signedBy: string } | { fault: EvidenceFaultKind; sentence: string }> {
  const parts = readSshSignature(Buffer.from(signature).toString('utf8'));
  if (parts === null)
    return { fault: 'changed', sentence: 'Its signature is none: the file was damaged or replaced.' };
  if (parts.namespace !== evidenceNamespace)
    return {
      fault: 'other-purpose',
      sentence: `It was signed for ${shown(parts.namespace)}, and not as ${evidenceNamespace}.`,
    };
  const known = signers.some(({ publicKey }) => keyBytes(publicKey)?.equals(parts.publicKey) === true);
  if (!known)
    return {
      fault: 'stranger',
      sentence: `It is signed with the key ${fingerprintOf(parts.publicKey)}, which is none of those that count.`,
    };
  try {
    const check = signatureCheck(signers, signal, evidenceNamespace);
    return { signedBy: await check(bytes, Buffer.from(signature).toString('utf8')) };
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'untrusted-signature') throw error;
    return {
      fault: 'changed',
      sentence:
        'The signature does not fit: the report was changed after signing, or the signature is of another one.',
    };
  }
}

/** Reports are copied into directories of their own: a place that ends as the right one does is right. */
function placeFault(path: string, evidence: EvidenceDocument): string | null {
  const right = evidencePath(evidence);
  if (right === path || right.endsWith(`/${path}`)) return null;
  return `It says of itself that it is ${right}.`;
}

function textFault(
  { markdownSha256 }: EvidenceDocument,
  markdown: Uint8Array | null,
): { fault: EvidenceFaultKind; sentence: string } | null {
  if (!markdown)
    return {
      fault: 'markdown-missing',
      sentence: 'The text for people is gone; the report itself is whole.',
    };
  if (markdownSha256 === undefined || sha256Of(markdown) === markdownSha256) return null;
  return {
    fault: 'markdown-changed',
    sentence:
      'The text for people is not the one that was signed: read the JSON, and find out who changed it.',
  };
}

const shown = (text: string): string => (/^[\w.@-]{1,64}$/.test(text) ? text : 'something else');
