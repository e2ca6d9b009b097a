import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes the secrets of docker-compose.temporal.yml, each in a file of its own. Never replaces one that exists: run it
 * again after an upgrade. Takes another directory as its argument. The directory is closed to others; the files in it are readable, because a container reads
 * them as its own user.
 */
const directory = process.argv[2] ?? join(import.meta.dirname, '..', '..', 'secrets');
const writer = { access: 'holdfast-writer', secret: random(30), role: 'user' };

mkdirSync(directory, { recursive: true, mode: 0o700 });
write('temporal-db-password', random(24));
write('s3-root-password', random(30));
// The two halves of one key: what the store knows, and what the worker uses.
if (!existsSync(join(directory, 'users.json'))) {
  write('users.json', JSON.stringify({ accessAccounts: { [writer.access]: writer } }));
  const lines = [
    '[default]',
    `aws_access_key_id = ${writer.access}`,
    `aws_secret_access_key = ${writer.secret}`,
  ];
  write('s3-writer-credentials', `${lines.join('\n')}\n`);
}
if (!existsSync(join(directory, 'signing-key'))) {
  const file = join(directory, 'signing-key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'holdfast-worker', '-f', file]);
  chmodSync(file, 0o444);
  console.log(`${file} made: ${file}.pub goes into the policy's signers`);
}

/** @param {number} bytes */
function random(bytes) {
  return randomBytes(bytes).toString('base64url');
}

/**
 * @param {string} name
 * @param {string} content
 */
function write(name, content) {
  if (existsSync(join(directory, name))) return;
  writeFileSync(join(directory, name), content, { mode: 0o444, flag: 'wx' });
  console.log(`${join(directory, name)} made`);
}
