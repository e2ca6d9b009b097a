import { readFile, rm, writeFile } from 'node:fs/promises';
import { loadPolicy, runbookTemplate, runbookTemplates, withRunbook } from '../../policy/index.ts';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { makeSigningKey } from '../../tools/lab/keys.ts';
import { type Lab, labBucket, labSource } from '../../tools/lab/lab.ts';
import {
  type BindServer,
  freePort,
  type ReplicatedServer,
  type StandbyServer,
  startBind,
  startPrimary,
  startSeaweedfs,
  startStandby,
} from '../../tools/servers/index.ts';
import { holdfast } from './cli.ts';
import { mark } from './past.ts';
import { ownScratchBase, sql } from './postgres-trip.ts';
import { type Receiver, startReceiver } from './receivers.ts';
import { serversIn } from './site.ts';
import { openStage, type Stage } from './stage.ts';

/**
 * A shop at two sites of which everything that a policy names is there but for its web server, a proven backup of it in a
 * bucket, and every template of a runbook in the policy.
 */
export type TemplateSite = {
  stage: Stage;
  policy: ResolvedPolicy;
  primary: ReplicatedServer;
  standby: StandbyServer;
  bind: BindServer;
  /** What the alerts are told, and what the messages of drills are. */
  alerts: Receiver;
  rehearsal: Receiver;
  /** Where workers make scratch places. */
  scratch: string;
  close(): Promise<void>;
};

export async function openTemplateSite(): Promise<TemplateSite> {
  const [stage, scratch, primary, bind, s3, alerts, rehearsal] = await Promise.all([
    openStage(['fra', 'ams']),
    ownScratchBase(),
    startPrimary({ major: 15 }),
    startBind({ records: ['service 60 IN CNAME service-fra'] }),
    startSeaweedfs({ buckets: [{ name: 'offsite', lock: false }] }),
    startReceiver(),
    startReceiver(),
  ]);
  await sql(primary, 'postgres', 'create database shop');
  await sql(primary, 'shop', 'create table orders as select generate_series(1, 1000) as id');
  const standby = await startStandby(primary);
  const { lab } = stage;
  await lab.usePolicy({
    ...(await sectionsOf(lab, primary)),
    ...(await withSpare(lab, { primary, standby, bind })),
    repositories: { offsite: labBucket(s3, 'offsite') },
    notifications: {
      channels: {
        all: { kind: 'webhook', url: alerts.url },
        rehearsal: { kind: 'webhook', url: rehearsal.url },
      },
      routes: [{ severity: ['info', 'warning', 'critical'], to: ['all'] }],
    },
  });
  const policy = await withTemplates(lab);
  const env = { TEMPORAL_ADDRESS: stage.orchestra.temporal.address, HOLDFAST_POLICY: lab.policyFile };
  const { code, stderr } = await holdfast(['apply', '--yes'], { env });
  if (code !== 0) throw new Error(`apply: ${stderr}`);
  await proveBackup(stage, policy);
  return {
    ...{ stage, policy, primary, standby, bind, alerts, rehearsal, scratch },
    close: async () => {
      await stage.close();
      await Promise.all([alerts.down(), rehearsal.down(), bind.stop(), s3.stop(), standby.stop()]);
      await primary.stop();
      await rm(scratch, { recursive: true });
    },
  };
}

async function sectionsOf(lab: Lab, primary: ReplicatedServer): Promise<Record<string, unknown>> {
  const signingKey = { file: lab.signing.privateFile };
  const opens = { file: lab.encryption.privateFile };
  const people: Record<string, object> = {};
  for (const name of ['one', 'two', 'three']) {
    const { publicFile } = await makeSigningKey(lab.directory, name);
    people[name] = { roles: ['incident-commander', 'communications-lead'], sshKeys: [publicFile] };
  }
  const source = { ...(await labSource(lab, primary, 'shop')), tier: 'critical' };
  return {
    zones: {
      fra: { region: 'EU', site: 'de-fra1', signingKey },
      ams: { region: 'EU', site: 'nl-ams1', signingKey },
    },
    signers: { workers: lab.signing.publicFile },
    keys: {
      databases: { gpg: { recipients: [lab.encryption.publicFile], opens: { fra: opens, ams: opens } } },
    },
    checks: { zone: 'ams' },
    people,
    sources: { shop: source },
    plans: {
      'shop-daily': { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies: ['offsite'] },
    },
  };
}

/** And a third server, of which no drill wants anything. */
async function withSpare(lab: Lab, servers: Pick<TemplateSite, 'primary' | 'standby' | 'bind'>) {
  const { targets, nameServers } = await serversIn(lab, servers);
  const nowhere = {
    kind: 'postgres',
    zone: 'ams',
    host: '127.0.0.1',
    port: await freePort(),
    user: 'holdfast',
  };
  return { targets: { ...targets, 'shop-spare': nowhere }, nameServers };
}

/** As `holdfast init --runbook` writes them, and somebody says where the messages of drills go. */
async function withTemplates({ policyFile }: Lab): Promise<ResolvedPolicy> {
  let text = await readFile(policyFile, 'utf8');
  for (const name of runbookTemplates) text = withRunbook(text, name, await runbookTemplate(name, text));
  await writeFile(policyFile, text.replace(/^communication:$/m, '$&\n  drill: rehearsal'));
  return (await loadPolicy(policyFile)).policy;
}

async function proveBackup(stage: Stage, { plans }: ResolvedPolicy): Promise<void> {
  const { 'shop-daily': plan } = plans;
  if (plan === undefined) throw new Error('the policy has a plan shop-daily');
  const { backupId } = await stage.execute('backup', { plan });
  await mark(plan.copies, backupId, { kind: 'tested', at: new Date().toISOString(), result: 'passed' });
}
