import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { PostgresTarget, ResolvedStep, StepAction } from '../../../policy/resolved-failover.ts';
import { run } from '../../../process/index.ts';
import type { FailoverInput, FailoverResult } from '../../../workflows/contract-failover.ts';
import {
  type BindServer,
  type ReplicatedServer,
  startBind,
  startPrimary,
  startStandby,
} from '../../servers/index.ts';
import type { FailoverFact } from '../facts.ts';
import { timed } from '../measure.ts';
import { type Place, runWorkflow } from '../place.ts';
import { startWorker } from '../worker.ts';

const [wideSteps, sideBySide, runsAtOnce] = [200, 20, 50];
const [before, after] = ['192.0.2.1', '192.0.2.2'];

/** How much time orchestration takes of a failover, and a failover by hand of the same commands. */
export async function measureFailover(place: Place, runs: number): Promise<FailoverFact> {
  const worker = await startWorker('fra', place.workerEnvironment);
  try {
    await failOver(place, chain(1));
    const twelve: number[] = [];
    const [holdfast, script]: number[][] = [[], []];
    for (let count = 1; count <= runs; count += 1) {
      twelve.push((await timed(() => failOver(place, chain(12)))).seconds);
      holdfast?.push(await withSite(place, (site) => byRunbook(place, site)));
      script?.push(await withSite(place, (site) => byScript(place, site)));
    }
    const { seconds: wide } = await timed(() => failOver(place, broad()));
    const many = Array.from({ length: runsAtOnce }, () => chain(3));
    const { seconds: together } = await timed(() => Promise.all(many.map((steps) => failOver(place, steps))));
    return {
      twelve,
      rto: { holdfast: holdfast ?? [], script: script ?? [] },
      wide: { steps: wideSteps, sideBySide, seconds: wide },
      many: { runs: runsAtOnce, seconds: together },
    };
  } finally {
    await worker.stop();
  }
}

/** Runs a runbook to its end, and its signed report into two repositories. @throws Error where it did not pass */
async function failOver(place: Place, steps: ResolvedStep[]): Promise<FailoverResult> {
  const name = `bench-${randomUUID().slice(0, 8)}`;
  const { organization, copies, signers, signingKeys } = place.planOf('one');
  const input: FailoverInput = {
    organization,
    runbook: {
      ...{ format: 1, name, version: 'a'.repeat(64), policyHash: 'b'.repeat(64), organization },
      ...{ timezone: 'Europe/Amsterdam', say: '', class: 'major', lost: [], zone: 'fra', protects: [name] },
      ...{ commander: 'commander', signatures: { real: 'named', drill: 'named' }, cooldown: 0, drills: [] },
      steps,
    },
    ...{ mode: 'real', person: 'one', reason: 'to measure it' },
    people: [{ name: 'one', roles: ['commander'], sshKeys: [] }],
    ...{ repositories: copies, signers, signingKeys },
  };
  const result = await runWorkflow(place, 'failover', `failover/${name}`, input);
  const failed = result.steps.filter(({ state }) => state !== 'passed');
  if (failed.length > 0) throw new Error(`${name} did not pass: ${JSON.stringify(failed)}`);
  return result;
}

function step(id: string, action: StepAction, needs: string[] = []): ResolvedStep {
  const common = { phase: 'execute', role: 'commander', zone: 'fra', approve: false } as const;
  return { id, needs, say: '', timeout: 60, remind: 900, ...common, ...action };
}

const nothing = (id: string, needs: string[]) =>
  step(id, { do: 'command', command: { run: ['true'], timeout: 60, secrets: {} } }, needs);

/** Steps one after the other, of which none takes time of its own. */
const chain = (length: number): ResolvedStep[] =>
  Array.from({ length }, (_, index) => nothing(`s${index}`, index === 0 ? [] : [`s${index - 1}`]));

const broad = (): ResolvedStep[] =>
  Array.from({ length: wideSteps }, (_, index) => {
    const wave = Math.floor(index / sideBySide);
    const needed = wave === 0 ? 0 : sideBySide;
    return nothing(
      `s${index}`,
      Array.from({ length: needed }, (_none, other) => `s${(wave - 1) * sideBySide + other}`),
    );
  });

/** A primary with its standby, and a name that leads to it. */
type Site = {
  primary: ReplicatedServer;
  standby: ReplicatedServer;
  bind: BindServer;
  password: string;
  key: string;
};

async function withSite(place: Place, body: (site: Site) => Promise<number>): Promise<number> {
  const stops: (() => Promise<void>)[] = [];
  try {
    const primary = await startPrimary({ major: 15 });
    stops.push(() => primary.stop());
    const standby = await startStandby(primary);
    stops.push(() => standby.stop());
    const bind = await startBind({ records: [`shop 1 IN A ${before}`] });
    stops.push(() => bind.stop());
    const [password, key] = [join(place.directory, 'pair-password'), join(place.directory, 'pair-tsig')];
    await writeFile(password, primary.password, { mode: 0o600 });
    await writeFile(key, bind.key.secret, { mode: 0o600 });
    await caughtUp(primary, standby);
    return await body({ primary, standby, bind, password, key });
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function caughtUp(primary: ReplicatedServer, standby: ReplicatedServer): Promise<void> {
  const ask = async (server: ReplicatedServer, sql: string) => {
    const client = new Client({ connectionString: server.url('postgres') });
    await client.connect();
    try {
      const { rows } = await client.query<{ answer: string }>(sql);
      return rows[0]?.answer ?? '';
    } finally {
      await client.end();
    }
  };
  const position = await ask(primary, 'select pg_current_wal_lsn()::text as answer');
  const there = `select (pg_last_wal_replay_lsn() >= '${position}')::text as answer`;
  while ((await ask(standby, there)) !== 'true') await ask(primary, `select pg_sleep(0.1)::text as answer`);
}

/** Seconds from the declaration to the answer of the name server, with the primary stopped and the standby promoted. */
async function byRunbook(place: Place, site: Site): Promise<number> {
  const { bind, key } = site;
  const [old, young] = [targetOf(site.primary, 'old', site), targetOf(site.standby, 'young', site)];
  const server = {
    ...{ name: 'dns', zone: 'fra', host: bind.host, port: bind.port, domain: bind.domain, resolvers: [] },
    tsig: { key: bind.key.key, algorithm: bind.key.algorithm, secret: { file: key } },
  };
  const of = { server, record: `shop.${bind.domain}`, type: 'A' } as const;
  const { rto } = await failOver(place, [
    step('fence', { do: 'postgres.fence', target: old }),
    step('promote', { do: 'postgres.promote', target: young, primary: old }, ['fence']),
    step('dns', { do: 'dns.update', of, value: after, ttl: 1 }, ['promote']),
  ]);
  if (rto.measured === null) throw new Error('a failover that passed has no RTO');
  return rto.measured;
}

function targetOf(server: ReplicatedServer, name: string, { password }: Site): PostgresTarget {
  const command = (words: string[]) => ({ run: words, timeout: 60, secrets: {} });
  return {
    ...{ kind: 'postgres', name, zone: 'fra', host: server.host, port: server.port, user: server.superuser },
    ...{ password: { file: password }, ssl: { mode: 'prefer' }, database: 'postgres' },
    stop: command(server.commands.stop),
  };
}

/** What somebody has ready in a file: the same commands, with the same looks whether they worked. */
async function byScript(place: Place, { primary, standby, bind }: Site): Promise<number> {
  const psql = (server: ReplicatedServer, sql: string) =>
    `${server.bin}/psql -X -q -At -v ON_ERROR_STOP=1 -h ${server.host} -p ${server.port} -U ${server.superuser} -d postgres -c "${sql}"`;
  const { algorithm, key, secret } = bind.key;
  const update = [
    `server ${bind.host} ${bind.port}`,
    `zone ${bind.domain}`,
    `update delete shop.${bind.domain}. A`,
    `update add shop.${bind.domain}. 1 A ${after}`,
    'send',
  ];
  const dig = `dig @${bind.host} -p ${bind.port} +short shop.${bind.domain} A`;
  const script = [
    'set -e',
    primary.commands.stop.join(' '),
    `! ${psql(primary, 'select 1')} 2>/dev/null`,
    psql(standby, 'select pg_promote(true, 60)'),
    psql(standby, 'begin; create temporary table w (i int) on commit drop; insert into w values (1); commit'),
    `printf '${update.join('\\n')}\\n' | nsupdate -y ${algorithm}:${key}:${secret}`,
    `until test "$(${dig})" = ${after}; do sleep 0.1; done`,
  ];
  const file = join(place.directory, 'failover.sh');
  await writeFile(file, `${script.join('\n')}\n`, { mode: 0o700 });
  const spec = { command: 'bash', args: [file], env: { PGPASSWORD: primary.password } };
  return (await timed(() => run(spec, { signal: place.signal }))).seconds;
}
