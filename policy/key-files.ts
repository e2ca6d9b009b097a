import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { findAll } from './links.ts';
import { lookUp } from './lookup.ts';
import { type Fault, faultAt } from './problem.ts';

/** The public keys of a policy as text: of each signer, and of each key's recipients. */
export type PublicKeys = { signers: Record<string, string>; recipients: Record<string, string[]> };

/** A public key in the form that Holdfast passes on, or what is wrong with it. */
type Reading = { key: string } | { message: string; hint: string };

/**
 * Reads every public key of a policy as written, from a file beside it or from its own text. Only public keys may
 * stand here: a private one is refused and never repeated (laws 6 and 7).
 */
export async function readPublicKeys(
  raw: unknown,
  directory: string,
): Promise<{ publicKeys: PublicKeys; faults: Fault[] }> {
  const signers = await readAll(raw, ['signers', '*'], sshForm, directory);
  const recipients = await readAll(raw, ['keys', '*', 'gpg', 'recipients', '*'], gpgForm, directory);
  const byKey: Record<string, string[]> = {};
  for (const { owner, key } of recipients.keys) byKey[owner] = [...(lookUp(byKey, owner) ?? []), key];
  return {
    publicKeys: {
      signers: Object.fromEntries(signers.keys.map(({ owner, key }) => [owner, key])),
      recipients: byKey,
    },
    faults: [...signers.faults, ...recipients.faults],
  };
}

async function readAll(raw: unknown, way: string[], form: KeyForm, directory: string) {
  const keys: { owner: string; key: string }[] = [];
  const faults: Fault[] = [];
  for (const { path, value } of findAll(raw, way)) {
    if (typeof value !== 'string' || value === '') continue;
    const reading = await readKey(value, form, directory);
    if ('key' in reading) keys.push({ owner: String(path[1]), key: reading.key });
    else faults.push(faultAt(path, reading.message, reading.hint));
  }
  return { keys, faults };
}

type KeyForm = {
  isInline(text: string): boolean;
  read(text: string): Reading;
  /** How to make such a file. */
  make: string;
};

const privateKeyRefused = {
  message: 'this is a PRIVATE key, and only the public one belongs here',
  hint: 'name the public key instead, and make a new pair if this file was shared or committed',
};

const sshForm: KeyForm = {
  isInline: (text) => /^(ssh-|ecdsa-|sk-)\S+ /.test(text),
  read: readSshPublicKey,
  make: "ssh-keygen -t ed25519 -N '' -C holdfast-worker -f holdfast-worker",
};

const gpgForm: KeyForm = {
  isInline: (text) => text.includes('-----BEGIN'),
  read: readArmoredPublicKey,
  make: 'gpg --armor --export KEY > key.asc',
};

async function readKey(written: string, form: KeyForm, directory: string): Promise<Reading> {
  if (holdsPrivateKey(written)) return privateKeyRefused;
  const text = written.trim();
  if (form.isInline(text)) return form.read(text);
  if (/[\n\0]/.test(text) || text.length > 1000)
    return { message: 'this is neither a public key nor a path', hint: `make one with \`${form.make}\`` };
  const file = resolve(directory, text);
  try {
    const content = await readFile(file, 'latin1');
    return content.length > 2 ** 20
      ? { message: 'this file is too large to be a public key', hint: `make one with \`${form.make}\`` }
      : readContent(content, form);
  } catch {
    return {
      message: "this public key file can't be read; paths start at the policy file",
      hint: `make it with \`${form.make}\`, or correct the path`,
    };
  }
}

function readContent(content: string, form: KeyForm): Reading {
  return holdsPrivateKey(content) ? privateKeyRefused : form.read(content.trim());
}

function holdsPrivateKey(text: string): boolean {
  return /PRIVATE KEY/.test(text);
}

const armor = /^-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n[\s\S]+\n-----END PGP PUBLIC KEY BLOCK-----$/;

function readArmoredPublicKey(text: string): Reading {
  if (armor.test(text)) return { key: `${text.replaceAll('\r\n', '\n')}\n` };
  return {
    message: 'this is no armored OpenPGP public key',
    hint: `it starts with BEGIN PGP PUBLIC KEY BLOCK; make it with \`${gpgForm.make}\``,
  };
}

const sshTypes =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)$/;

/** Keeps the type and the key and drops the comment: it is free text, and would stand in a file that ssh-keygen reads. */
function readSshPublicKey(text: string): Reading {
  const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
  const [type = '', body = ''] = (lines[0] ?? '').split(/\s+/);
  const isKey = sshTypes.test(type) && /^[A-Za-z0-9+/]{40,}={0,2}$/.test(body) && typeInside(body) === type;
  if (isKey && lines.length === 1) return { key: `${type} ${body}` };
  return {
    message:
      lines.length > 1 ? 'this file has several lines, and a signer is one key' : 'this is no SSH public key',
    hint: `it is one line like \`ssh-ed25519 AAAA…\`; make it with \`${sshForm.make}\``,
  };
}

/** The type that the key's own bytes start with: a damaged or mixed-up line has another. */
function typeInside(body: string): string {
  const bytes = Buffer.from(body, 'base64');
  return bytes.length < 4 ? '' : bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString('latin1');
}
