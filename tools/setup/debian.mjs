import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { say, timed } from './say.mjs';
import { run, SetupError } from './shell.mjs';

/** Packages by the program that shows that they are there; a bare name is looked for on PATH. */
const programOf = /** @type {Record<string, string>} */ ({
  'postgresql-15': '/usr/lib/postgresql/15/bin/postgres',
  'postgresql-client-15': '/usr/lib/postgresql/15/bin/pg_dump',
  zstd: 'zstd',
  gnupg: 'gpg',
  'openssh-client': 'ssh-keygen',
  tar: 'tar',
  python3: 'python3',
  'python3-pip': 'pip3',
  'util-linux': 'setpriv',
  bind9: '/usr/sbin/named',
  'bind9-dnsutils': 'nsupdate',
  restic: 'restic',
  pgbackrest: 'pgbackrest',
});

const base = Object.keys(programOf).filter((name) => name !== 'restic' && name !== 'pgbackrest');

/** Debian packages of each set of tools. */
export const packagesFor = { demo: base, test: base, bench: Object.keys(programOf) };

/** @param {readonly string[]} packages */
export function missingPackages(packages) {
  return packages.filter((name) => !isThere(programOf[name] ?? name));
}

/** @param {string} program */
function isThere(program) {
  if (program.startsWith('/')) return existsSync(program);
  return (process.env.PATH ?? '').split(delimiter).some((directory) => existsSync(join(directory, program)));
}

/**
 * @param {string[]} packages
 * @throws {SetupError} with the exact command to run, when we may not install them
 */
export function demandInstallable(packages) {
  if (packages.length === 0) return;
  const command = `apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() !== 0)
    throw new SetupError(`Some programs are missing. Run this, then try again:\n  sudo ${command}`);
  if (!isThere('apt-get')) {
    throw new SetupError(
      `Some programs are missing and this is not Debian. Install what these give: ${packages.join(', ')}.`,
    );
  }
}

const env = { DEBIAN_FRONTEND: 'noninteractive' };

/** Packages of pip, which gets the tools. */
const ofPip = ['python3', 'python3-pip'];

/**
 * Installs Debian packages, those of pip first: tools can be got while the others come.
 *
 * @param {string[]} packages
 * @returns {{ pip: Promise<void>, others: Promise<void> }}
 */
export function installPackages(packages) {
  const first = packages.filter((name) => ofPip.includes(name));
  const rest = packages.filter((name) => !ofPip.includes(name));
  const pip =
    packages.length === 0
      ? Promise.resolve()
      : updateLists().then(() => install('Debian packages of pip', first));
  return { pip, others: pip.then(() => install(`Debian packages: ${rest.length} to install`, rest)) };
}

async function updateLists() {
  await timed('Debian package lists', () => run('apt-get', ['update', '-q'], { env }));
}

/**
 * @param {string} title
 * @param {string[]} packages
 */
async function install(title, packages) {
  if (packages.length === 0) return;
  await timed(title, () =>
    withoutServices(() =>
      withoutMainCluster(() =>
        run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], { env }),
      ),
    ),
  );
  const still = missingPackages(packages);
  if (still.length > 0) say(`  Installed, but not found afterwards: ${still.join(', ')}.`);
}

/**
 * Debian's PostgreSQL package makes and starts a server on port 5432 when it is installed; nobody asked for one.
 *
 * @param {() => Promise<unknown>} install
 */
async function withoutMainCluster(install) {
  const directory = '/etc/postgresql-common/createcluster.d';
  const file = join(directory, 'holdfast-setup.conf');
  mkdirSync(directory, { recursive: true });
  writeFileSync(file, 'create_main_cluster = false\n');
  try {
    await install();
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * Debian's BIND package starts a name server on port 53 when it is installed, and at each boot; nobody asked for one.
 * Where somebody has a rule of their own for services (policy-rc.d), that one decides.
 *
 * @param {() => Promise<unknown>} install
 */
async function withoutServices(install) {
  const file = '/usr/sbin/policy-rc.d';
  const wasThere = existsSync('/usr/sbin/named');
  const ours = !existsSync(file);
  // 101: the action is not allowed.
  if (ours) writeFileSync(file, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await install();
    if (!wasThere && existsSync('/usr/sbin/named') && existsSync('/run/systemd/system'))
      await run('systemctl', ['disable', '--quiet', 'named.service'], {}).catch(() => undefined);
  } finally {
    if (ours) rmSync(file, { force: true });
  }
}
