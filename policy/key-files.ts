import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { findAll } from './links.ts';
import { lookUp } from './lookup.ts';
import { type DataPath, type Fault, faultAt } from './problem.ts';

/** The public keys of a policy as text: of each signer, of each person, and of each key's recipients. */
export type PublicKeys = {
  signers: Record<string, string>;
  people: Record<string, string[]>;
  recipients: Record<string, string[]>;
};

/** A public key, and where the policy has it. */
export type KeyPlace = { path: DataPath; owner: string; key: string };

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
  const people = await readAll(raw, ['people', '*', 'sshKeys', '*'], personForm, directory);
  const recipients = await readAll(raw, ['keys', '*', 'gpg', 'recipients', '*'], gpgForm, directory);
  return {
    publicKeys: {
      signers: Object.fromEntries(signers.keys.map(({ owner, key }) => [owner, key])),
      people: byOwner(people.keys),
      recipients: byOwner(recipients.keys),
    },
    faults: [
      ...signers.faults,
      ...people.faults,
      ...sharedKeys(people.keys, signers.keys),
      ...recipients.faults,
    ],
  };
}

function byOwner(keys: KeyPlace[]): Record<string, string[]> {
  const owned: Record<string, string[]> = {};
  for (const { owner, key } of keys) owned[owner] = [...(lookUp(owned, owner) ?? []), key];
  return owned;
}

async function readAll(raw: unknown, way: string[], form: KeyForm, directory: string) {
  const keys: KeyPlace[] = [];
  const faults: Fault[] = [];
  for (const { path, value } of findAll(raw, way)) {
    if (typeof value !== 'string' || value === '') continue;
    const reading = await readKey(value, form, directory);
    if ('key' in reading) keys.push({ path, owner: String(path[1]), key: reading.key });
    else faults.push(faultAt(path, reading.message, reading.hint));
  }
  return { keys, faults };
}

/** A key of two people would let one approve twice, and a worker's would let a worker approve (law 8). */
function sharedKeys(people: KeyPlace[], signers: KeyPlace[]): Fault[] {
  const owners = new Map(signers.map(({ key, owner }) => [key, `signs for signer ${owner}`]));
  return people.flatMap(({ path, owner, key }) => {
    const other = owners.get(key);
    if (other === undefined) owners.set(key, `is here for ${owner}`);
    if (other === undefined) return [];
    return [
      faultAt(path, `this key already ${other}`, 'give each person keys of their own, each named once'),
    ];
  });
}

type KeyForm = {
  isInline(text: string): boolean;
  read(text: string, make: string): Reading;
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

/** Unlike a worker's key, a person's has a passphrase, or lives in hardware (`-t ed25519-sk`). */
const personForm: KeyForm = { ...sshForm, make: 'ssh-keygen -t ed25519 -f NAME' };

const gpgForm: KeyForm = {
  isInline: (text) => text.includes('-----BEGIN'),
  read: readArmoredPublicKey,
  make: 'gpg --armor --export KEY > key.asc',
};

async function readKey(written: string, form: KeyForm, directory: string): Promise<Reading> {
  if (holdsPrivateKey(written)) return privateKeyRefused;
  const text = written.trim();
  if (form.isInline(text)) return form.read(text, form.make);
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
  return holdsPrivateKey(content) ? privateKeyRefused : form.read(content.trim(), form.make);
}

function holdsPrivateKey(text: string): boolean {
  return /PRIVATE KEY/.test(text);
}

const armor = /^-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n[\s\S]+\n-----END PGP PUBLIC KEY BLOCK-----$/;

function readArmoredPublicKey(text: string, make: string): Reading {
  if (armor.test(text)) return { key: `${text.replaceAll('\r\n', '\n')}\n` };
  return {
    message: 'this is no armored OpenPGP public key',
    hint: `it starts with BEGIN PGP PUBLIC KEY BLOCK; make it with \`${make}\``,
  };
}

const sshTypes =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)$/;

/** Keeps the type and the key and drops the comment: it is free text, and would stand in a file that ssh-keygen reads. */
function readSshPublicKey(text: string, make: string): Reading {
  const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
  const [type = '', body = ''] = (lines[0] ?? '').split(/\s+/);
  const isKey = sshTypes.test(type) && /^[A-Za-z0-9+/]{40,}={0,2}$/.test(body) && typeInside(body) === type;
  if (isKey && lines.length === 1) return { key: `${type} ${body}` };
  return {
    message:
      lines.length > 1
        ? 'this file has several lines, and only one key belongs here'
        : 'this is no SSH public key',
    hint: `it is one line like \`ssh-ed25519 AAAA…\`; make it with \`${make}\``,
  };
}

/** The type that the key's own bytes start with: a damaged or mixed-up line has another. */
function typeInside(body: string): string {
  const bytes = Buffer.from(body, 'base64');
  return bytes.length < 4 ? '' : bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString('latin1');
}
