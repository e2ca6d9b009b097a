import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type DataPath, type Fault, faultAt } from './problem.ts';
import type { Sections } from './schema.ts';

/** The public keys that a policy names, by where it names them, each as text. */
export type PublicKeys = { signers: Record<string, string>; recipients: Record<string, string[]> };

/** A public key in the form that Holdfast passes on, or what is wrong with it. */
type Reading = { key: string } | { message: string; hint: string };

/**
 * Reads every public key of the policy, from a file beside it or from its own text. Only public keys may stand here: a
 * private one is refused and never repeated (laws 6 and 7).
 */
export async function readPublicKeys(
  sections: Pick<Sections, 'signers' | 'keys'>,
  directory: string,
): Promise<PublicKeys & { faults: Fault[] }> {
  const faults: Fault[] = [];
  const signers: Record<string, string> = {};
  const recipients: Record<string, string[]> = {};
  const take = async (path: DataPath, written: string, form: KeyForm): Promise<string | null> => {
    const reading = await readKey(written, form, directory);
    if ('key' in reading) return reading.key;
    faults.push(faultAt(path, reading.message, reading.hint));
    return null;
  };
  for (const [name, written] of Object.entries(sections.signers)) {
    const key = await take(['signers', name], written, sshForm);
    if (key !== null) signers[name] = key;
  }
  for (const [name, key] of Object.entries(sections.keys)) {
    if (!('gpg' in key)) continue;
    const texts: string[] = [];
    for (const [index, written] of key.gpg.recipients.entries()) {
      const text = await take(['keys', name, 'gpg', 'recipients', index], written, gpgForm);
      if (text !== null) texts.push(text);
    }
    recipients[name] = texts;
  }
  return { signers, recipients, faults };
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
