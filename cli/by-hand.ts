/** Commands for a person who follows a runbook with public tools, when neither Holdfast nor Temporal is there. Pure. */
import type { ResolvedKey, ResolvedPlan, ResolvedRepository, SecretRef, Signer } from '../policy/resolved.ts';
import type { PostgresTarget, ResolvedStep } from '../policy/resolved-failover.ts';
import { allowedSigners, signatureNamespace } from '../repository/index.ts';
import { commandsOf } from '../workflows/failover/does.ts';

/** What the commands are for: whose signatures count, and which zones nobody asks. */
export type ByHand = { signers: readonly Signer[]; lost: readonly string[] };

/** Exact commands of a step, in order, for one shell; without secrets, which are read from where the policy says. */
export function commandsByHand(step: ResolvedStep, about: ByHand): string[] {
  switch (step.do) {
    case 'backups.verify':
      return step.plans.flatMap((plan) => [
        ...fetched(plan, step.zone, about),
        `${plain(plan, 'data', step.zone)} | ${isDirectory(plan) ? 'tar --list --file=-' : 'pg_restore --list'} > /dev/null  # no error`,
      ]);
    case 'restore':
      return [...fetched(step.plan, step.zone, about), ...restored(step.plan, step)];
    case 'postgres.recover':
      return [
        '# Either promote the standby:',
        ...settings(step.standby),
        ...commandsOf(step).slice(0, 3),
        '# Or restore the newest backup, on a server that takes writes:',
        ...fetched(step.plan, step.zone, about),
        ...restored(step.plan, { ...step, target: step.standby }),
      ];
    case 'postgres.promote':
    case 'postgres.fence':
    case 'sql.check':
      return [...settings(step.target), ...commandsOf(step)];
    case 'postgres.standby':
      return [...(step.target.stop === undefined ? [] : [line(step.target.stop.run)]), ...rejoined(step)];
    case 'dns.update': {
      const { tsig } = step.of.server;
      return [
        ...(tsig === undefined
          ? []
          : [
              `umask 077; printf 'key "%s" { algorithm %s; secret "%s"; };\\n' ${quoted(tsig.key)} ${quoted(tsig.algorithm)} "$(${printed(tsig.secret)})" > KEYFILE`,
            ]),
        ...commandsOf(step),
      ];
    }
    case 'kubectl':
      return [
        ...(step.kubeconfig === undefined
          ? []
          : [`umask 077; ${printed(step.kubeconfig)} > kubeconfig; export KUBECONFIG="$PWD/kubeconfig"`]),
        ...commandsOf(step),
      ];
    default:
      return commandsOf(step);
  }
}

/** The newest backup that was proven, in a directory of its own, checked against the policy's signers. */
function fetched(plan: ResolvedPlan, zone: string, { signers, lost }: ByHand): string[] {
  const source = plan.source.name;
  const left = plan.copies.filter((each) => !lost.includes(each.zone));
  const [copy, ...others] = left.toSorted(
    (one, other) => Number(away(one, zone)) - Number(away(other, zone)),
  );
  if (copy === undefined) return [`# No copy of ${plan.name} is left.`];
  return [
    `# The newest backup of ${plan.name} in ${copy.name} that a restore test has proven${others.length === 0 ? '' : `; others are in ${others.map(({ name }) => name).join(', ')}`}`,
    ...(plan.siblings === undefined
      ? []
      : [`# Other plans back up the same: its manifest.json must say "plan": "${plan.name}"`]),
    'set -o pipefail',
    `mkdir -p /var/tmp/restore-${source} && cd /var/tmp/restore-${source}`,
    ...(copy.kind === 'filesystem' ? fromDirectory(copy.path, source) : fromBucket(copy, source)),
    "cat > allowed_signers <<'END'",
    ...allowedSigners(signers).trimEnd().split('\n'),
    'END',
    `ssh-keygen -Y verify -f allowed_signers -I "$(ssh-keygen -Y find-principals -f allowed_signers -s manifest.json.sig)" -n ${signatureNamespace} -s manifest.json.sig < manifest.json  # Good`,
    `awk -F'"' '$2 == "name" { name = $4 } $2 == "sha256" { print $4 "  " name }' manifest.json | sha256sum --check --strict  # OK`,
    ...opened(plan.key, zone),
  ];
}

/** A directory is on the hosts of its own zone alone. */
const away = ({ kind, zone }: ResolvedRepository, here: string): boolean =>
  kind === 'filesystem' && zone !== here;

const days = '????/??/??/*';

function fromDirectory(path: string, source: string): string[] {
  const newest = (of: string) =>
    `newest=$(cd ${quoted(path)} && ls -d ${source}/${days}/${of} | sort | tail -n 1)`;
  return [
    newest('tested.*.passed*.json'),
    `# None of them is proven: ${newest('manifest.json')}`,
    `cp -r ${quoted(path)}/"$(dirname "$newest")"/. .`,
  ];
}

function fromBucket(
  { bucket, prefix, endpoint, awsRegion, credentials }: Extract<ResolvedRepository, { kind: 's3' }>,
  source: string,
): string[] {
  const aws = ['aws', '--region', awsRegion, ...(endpoint === undefined ? [] : ['--endpoint-url', endpoint])];
  const below = `s3://${[bucket, prefix, source].filter((part) => part !== '').join('/')}/`;
  const newest = (of: string) =>
    `newest=$(${line([...aws, 's3', 'ls', '--recursive', below])} | awk '{ print $4 }' | grep ${quoted(of)} | sort | tail -n 1)`;
  return [
    ...credentialsOf(credentials),
    newest('/tested[.][^/]*[.]passed[^/]*$'),
    `# None of them is proven: ${newest('/manifest.json$')}`,
    `${line([...aws, 's3', 'cp', '--recursive'])} "s3://${bucket}/$(dirname "$newest")" .`,
  ];
}

function credentialsOf(ref: SecretRef | undefined): string[] {
  if (ref === undefined) return [];
  if ('file' in ref) return [`export AWS_SHARED_CREDENTIALS_FILE=${quoted(ref.file)}`];
  if ('command' in ref) return [`# The credentials are what this prints, as JSON: ${line(ref.command)}`];
  return [
    `export AWS_ACCESS_KEY_ID="$${ref.env}_ACCESS_KEY_ID" AWS_SECRET_ACCESS_KEY="$${ref.env}_SECRET_ACCESS_KEY"`,
  ];
}

/** A private key comes into a keyring of its own. */
function opened(key: ResolvedKey, zone: string): string[] {
  if (key.kind === 'passphrase') return [];
  const ref = key.opens[zone];
  const home = 'export GNUPGHOME="$(mktemp -d)"';
  return ref === undefined
    ? [home, `gpg --batch --import FILE  # the private key ${key.name}`]
    : [home, `${printed(ref)} | gpg --batch --import`];
}

/** A file's plaintext, on stdout. */
function plain({ key }: ResolvedPlan, file: 'data' | 'globals', zone: string): string {
  const ref = key.kind === 'passphrase' ? key.passphrase[zone] : undefined;
  const spoken = ref === undefined ? '' : ` --pinentry-mode loopback --passphrase-file <(${printed(ref)})`;
  return `gpg --batch${spoken} --decrypt ${file}-*.gpg | zstd --decompress --long=31`;
}

const isDirectory = ({ source }: ResolvedPlan): boolean => source.parallel > 1;

function restored(
  plan: ResolvedPlan,
  { target, database, zone }: { target: PostgresTarget; database: string; zone: string },
): string[] {
  const server = `-h ${quoted(target.host)} -p ${target.port} -U ${quoted(target.user)}`;
  const renamed = database !== plan.source.database;
  const options = `--exit-on-error${plan.source.globals === 'off' ? ' --no-owner --no-privileges' : ''}`;
  const into = renamed ? `--dbname=${quoted(database)}` : '--create --dbname=postgres';
  return [
    ...settings(target),
    ...(plan.source.globals === 'off'
      ? []
      : [`${plain(plan, 'globals', zone)} | psql ${server} -d postgres  # "already exists" is harmless`]),
    ...(isDirectory(plan)
      ? [`mkdir dump && ${plain(plan, 'data', zone)} | tar --extract --file=- --directory=dump`]
      : [`${plain(plan, 'data', zone)} > dump`]),
    ...(renamed
      ? [`createdb ${server} --template=template0 ${quoted(database)}  # refuses a name that is taken`]
      : []),
    `pg_restore ${server} ${options} ${into} dump`,
    `vacuumdb ${server} --analyze-only ${quoted(database)}`,
  ];
}

function rejoined({ target, primary }: Extract<ResolvedStep, { do: 'postgres.standby' }>): string[] {
  const directory = quoted(target.directory ?? 'DIRECTORY');
  const from = `host=${primary.host} port=${primary.port} user=${primary.replication?.user ?? primary.user}`;
  const { password } = primary.replication ?? primary;
  return [
    ...(password === undefined ? [] : [`export PGPASSWORD="$(${printed(password)})"`]),
    `pg_rewind --target-pgdata=${directory} --source-server=${quoted(`${from} dbname=postgres`)} --write-recovery-conf`,
    `# Where it can't be rewound: mv ${directory} ${directory}.before && pg_basebackup -d ${quoted(from)} -D ${directory} -R -X stream`,
    ...(target.start === undefined ? [] : [line(target.start.run)]),
  ];
}

/** How libpq's programs reach a server. */
function settings({ password, ssl }: PostgresTarget): string[] {
  return [
    ...(password === undefined ? [] : [`export PGPASSWORD="$(${printed(password)})"`]),
    `export PGSSLMODE=${ssl.mode}${ssl.rootCertificate === undefined ? '' : ` PGSSLROOTCERT=${quoted(ssl.rootCertificate)}`}`,
  ];
}

/** The command that prints a secret from where the policy says that it is. */
function printed(ref: SecretRef): string {
  if ('env' in ref) return `printenv ${ref.env}`;
  return 'file' in ref ? `cat ${quoted(ref.file)}` : line(ref.command);
}

const line = (words: readonly string[]): string => words.map(quoted).join(' ');

/** As a POSIX shell takes it. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
