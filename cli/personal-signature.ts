import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { HoldfastError } from '../policy/errors.ts';
import type { Person } from '../policy/resolved.ts';
import { run } from '../process/index.ts';
import { checkPersonSignature, fingerprintOfKey } from '../repository/person-signature.ts';
import type { Context } from './context.ts';

/** How a person says who they are, on the commands that ask for it. */
export type Identity = { as: string; signWith?: string };

/**
 * Signs a text as `ssh-keygen -Y sign` does, with a private key, or with a public one whose private half an agent or a
 * security key has. ssh-keygen itself asks for a passphrase or a touch, on the terminal.
 *
 * @throws HoldfastError `bad-key` when it can't be signed, or not with a key of this person; `tool-missing`
 */
export async function signAsPerson(
  context: Context,
  text: string,
  namespace: string,
  { person, keyFile }: { person: Person; keyFile: string },
): Promise<string> {
  const { code, signature } = await keygen(['-Y', 'sign', '-n', namespace, '-f', keyFile], text, context);
  if (code !== 0)
    throw new HoldfastError('bad-key', `ssh-keygen could not sign with ${keyFile}.`, {
      hint: 'Give the private key, or the public one when an agent or a security key has the private half.',
    });
  const check = await checkPersonSignature(text, signature, person, namespace);
  if (check.holds) return signature;
  throw new HoldfastError('bad-key', check.sentence, {
    hint: `The policy names the keys of ${person.name} under \`people\`; sign with one of them.`,
  });
}

/** A person of the policy. @throws HoldfastError `bad-usage` with the names that there are */
export function personNamed(people: readonly Person[], name: string): Person {
  const person = people.find((each) => each.name === name);
  if (person !== undefined) return person;
  throw new HoldfastError('bad-usage', `The policy knows no ${name} among its people.`, {
    hint:
      people.length === 0
        ? 'Name people, their roles and SSH keys under `people`.'
        : `It has: ${people.map((each) => each.name).join(', ')}.`,
  });
}

/** @throws HoldfastError `bad-usage` when no key was named to sign with */
export function keyFileOf({ signWith }: Identity, what: string): string {
  if (signWith !== undefined) return signWith;
  throw new HoldfastError('bad-usage', `${what} is signed.`, {
    hint: 'Add --sign-with KEYFILE, with one of your SSH keys.',
  });
}

/**
 * Sees to it that a file is a key of this person before anything begins that is to be signed with it. Nobody is asked for a
 * passphrase or a touch: what is public of a key tells whose it is.
 *
 * @throws HoldfastError `bad-usage` when it can't be read, is no SSH key, or another one; `tool-missing`
 */
export async function requireOwnKey(
  people: readonly Person[],
  { person, keyFile }: { person: Person; keyFile: string },
  signal: AbortSignal,
): Promise<void> {
  const refuse = (what: string, hint: string) => new HoldfastError('bad-usage', what, { hint });
  const give =
    'Name your SSH key: the private one, or the public one when an agent or a security key has the private half.';
  await access(keyFile, constants.R_OK).catch(() => {
    throw refuse(`${keyFile} can't be read.`, give);
  });
  const { stdout } = await run(
    {
      command: 'ssh-keygen',
      args: ['-l', '-E', 'sha256', '-f', keyFile],
      env: { SSH_ASKPASS_REQUIRE: 'never' },
    },
    { okExitCodes: [0, 1, 255], timeout: 30, signal },
  );
  const [fingerprint] = /SHA256:\S+/.exec(stdout) ?? [];
  if (fingerprint === undefined) throw refuse(`${keyFile} is no SSH key.`, give);
  const has = ({ sshKeys }: Person) => sshKeys.some((key) => fingerprintOfKey(key) === fingerprint);
  if (has(person)) return;
  const owner = people.find(has);
  throw refuse(
    `The key ${fingerprint} in ${keyFile} is not one of ${person.name}: it is of ${owner?.name ?? 'nobody in the policy'}.`,
    person.sshKeys.length === 0
      ? `The policy names no SSH key of ${person.name}. Somebody else must declare it.`
      : `The policy names ${person.sshKeys.map(fingerprintOfKey).join(', ')}: sign with that.`,
  );
}

/** Not in a group of its own, as other tools are: it needs the terminal. */
function keygen(
  args: string[],
  stdin: string,
  { io }: Context,
): Promise<{ code: number | null; signature: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('ssh-keygen', args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...io.env },
      signal: io.signal,
    });
    let signature = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      signature += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => io.stderr.write(text));
    child.stdin.on('error', () => undefined);
    child.once('error', (cause) =>
      reject(
        io.signal.aborted
          ? new HoldfastError('interrupted', 'Nothing was signed.', { cause })
          : new HoldfastError('tool-missing', 'ssh-keygen can not be started.', {
              hint: 'Install OpenSSH 8.2 or newer.',
              cause,
            }),
      ),
    );
    child.once('close', (code) => resolve({ code, signature }));
    child.stdin.end(stdin);
  });
}
