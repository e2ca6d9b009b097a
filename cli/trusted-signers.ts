import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { HoldfastError } from '../policy/errors.ts';
import { PolicyError } from '../policy/problem.ts';
import type { Signer } from '../policy/resolved.ts';
import { evidenceNamespace } from '../repository/index.ts';
import type { Context } from './context.ts';

const keyType = /^(ssh|ecdsa|sk)-[a-z0-9@.-]+$/;

/**
 * Whose signatures of reports count: those of a file that the asker trusts, else the policy's signers.
 *
 * @throws HoldfastError `bad-usage` when the file has nobody, or says more than is understood here
 */
export async function trustedSigners(context: Context, file: string | undefined): Promise<Signer[]> {
  if (file === undefined) return policySigners(context);
  const signers = signersIn(await readTrust(file), basename(file).replace(/\.pub$/, ''));
  if (signers.length > 0) return signers;
  throw new HoldfastError('bad-usage', `${file} names nobody whose signature would count.`, {
    hint: 'Give a .pub file, or lines like `fra ssh-ed25519 AAAA…`.',
  });
}

async function policySigners(context: Context): Promise<Signer[]> {
  try {
    return (await context.loadPolicy()).policy.signers;
  } catch (cause) {
    if (!(cause instanceof HoldfastError) || cause instanceof PolicyError) throw cause;
    throw new HoldfastError(cause.code, cause.message, {
      hint: `${cause.hint ?? ''} Without a policy, say with --trust FILE whose signatures count.`.trim(),
      cause,
    });
  }
}

async function readTrust(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new HoldfastError('bad-usage', `${file} can't be read.`, {
      hint: 'Name a file with the public keys that you trust.',
      cause,
    });
  }
}

/**
 * The signers that a text names: OpenSSH's ALLOWED SIGNERS, or public keys alone. Options other than `namespaces` are
 * refused: a restriction that is not kept is worse than none.
 *
 * @param name what a key without a principal is called
 */
export function signersIn(text: string, name: string): Signer[] {
  return text.split(/\r?\n/).flatMap((line, index): Signer[] => {
    const words = line.trim().split(/\s+/);
    if (line.trim() === '' || line.trim().startsWith('#')) return [];
    const at = words.findIndex((word) => keyType.test(word));
    const [type, key] = at < 0 ? [] : words.slice(at, at + 2);
    if (type === undefined || key === undefined || at > 2) throw notUnderstood(index + 1);
    const [principal = name, options] = words.slice(0, at);
    if (!isForReports(options, index + 1)) return [];
    return [{ name: principal, publicKey: `${type} ${key}` }];
  });
}

function isForReports(options: string | undefined, line: number): boolean {
  if (options === undefined) return true;
  const [, namespaces] = /^namespaces="([^"]+)"$/.exec(options) ?? [];
  if (namespaces === undefined) throw notUnderstood(line);
  return namespaces.split(',').some((each) => each === evidenceNamespace || each === '*');
}

function notUnderstood(line: number): HoldfastError {
  return new HoldfastError('bad-usage', `Line ${line} of the trusted signers is not understood.`, {
    hint: 'Write lines like `fra ssh-ed25519 AAAA…`; of options only namespaces="…" is read.',
  });
}
