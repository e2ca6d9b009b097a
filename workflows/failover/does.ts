/** What a step does, in words and in commands that a person can follow by hand. Pure. */
import type {
  DnsRecord,
  KubernetesDeed,
  PostgresTarget,
  ResolvedStep,
  RunMode,
} from '../../policy/resolved-failover.ts';
import type { PolicyCommand } from '../../policy/resolved-proof.ts';
import { counted, formatDuration } from '../../policy/units.ts';

/** What a step does in a mode, in one sentence: shown, and part of what approvals are bound to. */
export function describeStep(step: ResolvedStep, mode: RunMode): string {
  if (mode === 'tabletop') return `Walk through it: ${inReal(step)}`;
  return mode === 'real' ? inReal(step) : inDrill(step);
}

function inReal(step: ResolvedStep): string {
  switch (step.do) {
    case 'approve':
      return `${step.role} decides whether to go on.`;
    case 'manual':
      return `${step.role} does it by hand, and says so with what shows it.`;
    case 'wait':
      return `Waits for ${formatDuration(step.seconds)}.`;
    case 'notify':
      return `Tells ${step.roles.length === 0 ? 'everybody concerned' : step.roles.join(', ')} (${step.severity}).`;
    case 'communicate':
      return `Sends the message ${step.message.name} to ${step.message.audience}, ${step.message.channel === null ? 'by hand' : `through ${step.message.channel}`}, as ${step.role} approved it.`;
    case 'command':
      return `Runs \`${lineOf(step.command)}\` on a worker of zone ${step.zone}.`;
    case 'backups.verify':
      return `Verifies that backups of ${step.plans.map(({ name }) => name).join(', ')} are present, whole, decryptable, and restore-tested in the last ${formatDuration(step.tested)}.`;
    case 'restore':
      return `Restores the newest proven backup of ${step.plan.name} as the database ${step.database} on ${serverOf(step.target)}.`;
    case 'postgres.recover':
      return `Recovers ${step.database}: ${step.role} chooses between the standby ${serverOf(step.standby)} and the newest proven backup of ${step.plan.name}.`;
    case 'postgres.fence':
      return `Stops ${serverOf(step.target)} for good, or cuts it off, so that nobody writes to it.`;
    case 'postgres.promote':
      return `Promotes the standby ${serverOf(step.target)}: from then on it takes writes, and there is no way back but a failback.`;
    case 'postgres.standby':
      return `Makes ${serverOf(step.target)} a standby of ${serverOf(step.primary)}; what it holds beyond that is lost.`;
    case 'dns.update':
      return `Sets ${recordOf(step.of)} to ${step.value} with a TTL of ${formatDuration(step.ttl)}, and waits until it is answered.`;
    case 'http.check':
      return httpSentence(step.url, step);
    case 'sql.check':
      return `Asks ${serverOf(step.target)} ${counted(step.queries.length, 'query', 'queries')}, until each answers true within ${formatDuration(step.within)}.`;
    case 'kubectl':
      return `${deedOf(step.deed)}${step.context === undefined ? '' : ` in the context ${step.context}`}.`;
  }
}

function inDrill(step: ResolvedStep): string {
  const untouched = (what: string) => `${what} The real one is not touched.`;
  switch (step.do) {
    case 'approve':
    case 'manual':
    case 'wait':
    case 'backups.verify':
      return inReal(step);
    case 'notify':
      return `${inReal(step)} As a drill.`;
    case 'communicate':
      return `Shows the message ${step.message.name} to ${step.role}; sent to ${step.message.audience} it is not, but to the channel of drills, or nowhere.`;
    case 'command':
      if (step.drill === undefined)
        return untouched(`Does not run \`${lineOf(step.command)}\`: it has no command for drills.`);
      return `Runs \`${lineOf(step.drill)}\` on a worker of zone ${step.zone}, the step's command for drills.`;
    case 'restore':
      if (step.drill === undefined)
        return `Restores the newest proven backup of ${step.plan.name} into scratch, and destroys it.`;
      return inReal({ ...step, target: step.drill });
    case 'postgres.recover':
      return untouched(`Recovers ${step.database} ${elsewhere(step.drill)}.`);
    case 'postgres.fence':
      if (step.drill === undefined)
        return untouched(`Looks how ${serverOf(step.target)} would be stopped or cut off.`);
      return inReal({ ...step, target: step.drill });
    case 'postgres.promote':
      if (step.drill === undefined)
        return untouched(
          `Promotes and checks a scratch copy of ${serverOf(step.target)}, and destroys the copy.`,
        );
      return inReal({ ...step, target: step.drill });
    case 'postgres.standby':
      if (step.drill === undefined)
        return untouched(`Looks how ${serverOf(step.target)} would become a standby.`);
      return inReal({ ...step, ...step.drill });
    case 'dns.update':
      if (step.drill === undefined)
        return untouched(`Looks whether ${recordOf(step.of)} could be set to ${step.value}.`);
      return inReal({ ...step, of: step.drill });
    case 'http.check':
      if (step.drill === undefined) return untouched(`Does not ask ${step.url}.`);
      return httpSentence(step.drill, step);
    case 'sql.check':
      if (step.drill === undefined)
        return `Asks ${serverOf(step.target)} ${counted(step.queries.length, 'query', 'queries')} once, as it stands; they can't write.`;
      return inReal({ ...step, target: step.drill });
    case 'kubectl':
      if (step.drill === undefined) return untouched(`${deedOf(step.deed)}, as a dry run.`);
      return inReal({ ...step, context: step.drill.context });
  }
}

/** Exact commands for a person who does the step by hand; without secrets, which are named where they are needed. */
export function commandsOf(step: ResolvedStep): string[] {
  switch (step.do) {
    case 'approve':
    case 'manual':
    case 'notify':
    case 'communicate':
      return [];
    case 'wait':
      return [`sleep ${step.seconds}`];
    case 'command':
      return [lineOf(step.command), ...(step.check === undefined ? [] : [lineOf(step.check)])];
    case 'backups.verify':
      return step.plans.map(({ name }) => `holdfast backup verify latest:${name} --deep`);
    case 'restore':
      return [
        `holdfast backup show latest:${step.plan.name}`,
        `# Follow RESTORE.md beside that backup, into ${serverOf(step.target)}, database ${step.database}.`,
      ];
    case 'postgres.recover':
      return [
        ...promotion(step.standby),
        `# Or, from the newest proven backup: holdfast backup show latest:${step.plan.name}, and its RESTORE.md.`,
      ];
    case 'postgres.fence':
      return [
        ...(step.target.stop === undefined ? [] : [lineOf(step.target.stop)]),
        ...(step.target.cutOff === undefined ? [] : [lineOf(step.target.cutOff.command)]),
        `${psql(step.target)} -c 'select 1'  # must not answer`,
      ];
    case 'postgres.promote':
      return promotion(step.target);
    case 'postgres.standby':
      return [
        `pg_rewind --target-pgdata=${step.target.directory ?? 'DIRECTORY'} --source-server='${conninfo(step.primary)}'`,
        `# Where it can't be rewound: pg_basebackup -d '${conninfo(step.primary)}' -D ${step.target.directory ?? 'DIRECTORY'} -R -X stream`,
      ];
    case 'dns.update':
      return dnsCommands(step.of, step.value, step.ttl);
    case 'http.check':
      return [`curl -fsS -o /dev/null -w '%{http_code}\\n' ${quoted(step.url)}  # ${step.status}`];
    case 'sql.check':
      return step.queries.map((query) => `${psql(step.target)} -Atc ${quoted(query)}  # t`);
    case 'kubectl':
      return [
        ['kubectl', ...(step.context === undefined ? [] : ['--context', step.context]), ...argsOf(step.deed)]
          .map(quoted)
          .join(' '),
      ];
  }
}

const promotion = (target: PostgresTarget): string[] => [
  `${psql(target)} -Atc 'select pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()'  # equal`,
  `${psql(target)} -Atc 'select pg_promote(true, 60)'  # t`,
  `${psql(target)} -Atc 'select pg_is_in_recovery()'  # f`,
];

function dnsCommands({ server, record, type }: DnsRecord, value: string, ttl: number): string[] {
  const { host, port, domain, tsig } = server;
  const key = tsig === undefined ? '' : ` -k KEYFILE  # the TSIG key ${tsig.key}`;
  return [
    `printf 'server ${host} ${port}\\nzone ${domain}\\nupdate delete ${record}. ${type}\\nupdate add ${record}. ${ttl} ${type} ${value}\\nsend\\n' | nsupdate${key}`,
    `dig @${host} -p ${port} +short ${record} ${type}  # ${value}`,
  ];
}

function argsOf(deed: KubernetesDeed): string[] {
  switch (deed.verb) {
    case 'apply':
      return 'kustomize' in deed ? ['apply', '-k', deed.kustomize] : ['apply', '-f', deed.file];
    case 'scale':
      return ['-n', deed.namespace, 'scale', deed.resource, `--replicas=${deed.replicas}`];
    case 'rollout':
      return ['-n', deed.namespace, 'rollout', 'status', deed.resource];
  }
}

const deedOf = (deed: KubernetesDeed): string => `Runs \`kubectl ${argsOf(deed).map(quoted).join(' ')}\``;

const httpSentence = (
  url: string,
  { status, contains, within }: { status: number; contains?: string; within: number },
): string =>
  `Asks ${url} until it answers ${status}${contains === undefined ? '' : ` with "${contains}"`}, for at most ${formatDuration(within)}.`;

const serverOf = ({ name, host, port }: PostgresTarget): string => `${name} (${host}:${port})`;
const recordOf = ({ record, type, server }: DnsRecord): string => `${record} (${type}) on ${server.name}`;
const elsewhere = (drill: PostgresTarget | undefined): string =>
  drill === undefined ? 'in scratch, and destroys it' : `on ${serverOf(drill)}`;
const lineOf = ({ run }: PolicyCommand): string => run.map(quoted).join(' ');
const psql = ({ host, port, user, database }: PostgresTarget): string =>
  `psql -h ${host} -p ${port} -U ${user} -d ${quoted(database)}`;
const conninfo = ({ host, port, replication, user }: PostgresTarget): string =>
  `host=${host} port=${port} user=${replication?.user ?? user}`;

/** As a POSIX shell takes it. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
