import { once } from 'node:events';
import { DeleteObjectCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { Client, Connection } from '@temporalio/client';
import colors from 'picocolors';
import { ask, look, show } from './commands.ts';
import { playDrill, playFailover } from './failover.ts';
import { layHistory } from './history.ts';
import { playDeletion, playRetention } from './keep.ts';
import { copiesIn } from './listed.ts';
import { buckets } from './policy.ts';
import { playRot } from './prove.ts';
import { awaitScheduled } from './schedule.ts';
import { buildSet, type DemoSet, type DemoWorker, startWorker } from './set.ts';
import { buildSites, type Sites } from './sites.ts';
import { chapter, elapsed, prompt, say } from './tell.ts';
import { watchBackup } from './watch.ts';

const keep = process.argv.includes('--keep');
const onlyFailover = process.argv.includes('failover');

console.log(colors.bold('Holdfast: every backup is proven restorable.'));
chapter('1. Real servers: Temporal, PostgreSQL, an S3 store with object lock, two zones');
const set = await buildSet();
const connection = await Connection.connect({ address: set.temporal.address });
const client = new Client({ connection });
const workers: DemoWorker[] = [];
let sites: Sites | undefined;
try {
  await (onlyFailover ? playDisaster(set) : play(set));
  if (keep) await linger(set);
} finally {
  await Promise.all(workers.map((worker) => worker.stop()));
  await connection.close();
  await sites?.stop();
  await set.stop();
}
console.log(
  `\n${colors.green('Done')} in ${elapsed().toFixed(0)} s; everything is stopped.${keep ? '' : ' To keep it up and play: npm run demo -- --keep'}`,
);

async function play(stage: DemoSet): Promise<void> {
  say(`Temporal's Web UI: ${colors.cyan(stage.temporal.uiUrl)}`);
  workers.push(startWorker(stage, 'fra'), startWorker(stage, 'ams'));

  chapter('2. One policy file becomes Schedules');
  await show(stage, ['validate']);
  await show(stage, ['apply', '--yes']);

  chapter('3. A backup: dump, compress, encrypt, hash and store two copies in one pass; read back; sign');
  const watch = process.stderr.isTTY ? null : watchBackup(client, 'shop-daily');
  await show(stage, ['backup', 'run', 'shop-daily', '--wait']);
  watch?.stop();
  await show(stage, ['backup', 'show', 'latest:shop-daily']);

  chapter('4. A second backup, fired by its Schedule');
  say(`Started by the Schedule: ${await awaitScheduled(client, 'billing-by-the-minute')}`);
  await show(stage, ['backup', 'list']);

  chapter('5. Proof: a copy is restored into scratch and compared exactly, and the report is signed');
  await show(stage, ['restore-test', 'run', 'shop-daily', '--from', 'offsite']);

  chapter(
    '6. One byte of the other copy rots, silently; the next test finds it and heals it from the good one',
  );
  await playRot(stage, 'shop-daily');

  chapter('7. The worker may write to the bucket, and not delete');
  await tryToDelete(stage);

  chapter('8. Months of history are thinned out: promoted, archived, expired, each with a reason');
  say(`${await layHistory(stage, 'billing-by-the-minute')} backups of the past months are laid into local.`);
  await playRetention(stage, 'billing-by-the-minute');

  chapter('9. A deletion: asked for, approved by two, waited for, done; and all of it in the audit log');
  await playDeletion(stage, client, 'billing-by-the-minute');

  chapter('10. A drill of the failover, with a copy of the standby: production notices nothing');
  sites = await buildSites(stage);
  await show(stage, ['apply', '--yes']);
  await playDrill(stage, sites, client);

  chapter('11. Where we stand');
  await look(stage, ['check', '3-2-1']);
  await look(stage, ['status']);
  summarize(await ask(stage, ['backup', 'list', '--plan', 'shop-daily']), stage);
}

/** `npm run demo -- failover`: a site goes dark, and the shop goes on in the other one. */
async function playDisaster(stage: DemoSet): Promise<void> {
  say(`Temporal's Web UI: ${colors.cyan(stage.temporal.uiUrl)}`);
  const fra = startWorker(stage, 'fra');
  workers.push(fra, startWorker(stage, 'ams'));
  sites = await buildSites(stage);

  chapter('2. One policy file, with a runbook that survives the loss of fra');
  await show(stage, ['validate']);
  await show(stage, ['apply', '--yes']);

  chapter('3. A backup at the other site, proven restorable');
  await show(stage, ['backup', 'run', 'shop-daily', '--wait']);
  await show(stage, ['restore-test', 'run', 'shop-daily', '--from', 'offsite']);

  chapter('4. Rehearsed: the same steps on a copy of the standby; production notices nothing');
  await playDrill(stage, sites, client);
  await show(stage, ['failover', 'start', 'shop-failover', '--preview']);

  chapter('5. fra goes dark: its database and its worker are killed');
  await Promise.all([stage.primary.kill(), fra.kill()]);
  await playFailover(stage, sites, client);
}

/** Tries with the worker's own credentials what ransomware on the worker would. */
async function tryToDelete(stage: DemoSet): Promise<void> {
  const { endpoint, region, writer } = stage.s3;
  const s3 = new S3Client({ endpoint, region, credentials: writer, forcePathStyle: true });
  const { Versions } = await s3.send(
    new ListObjectVersionsCommand({ Bucket: buckets.backups, Prefix: 'shop/' }),
  );
  const version = Versions?.find(({ Key }) => Key?.includes('/data-'));
  say(`Deleting ${version?.Key} for good …`);
  const request = new DeleteObjectCommand({
    Bucket: buckets.backups,
    Key: version?.Key,
    VersionId: version?.VersionId,
  });
  const refusal = await s3.send(request).then(
    () => null,
    (error: Error) => error,
  );
  s3.destroy();
  if (refusal === null) throw new Error('the copy could be deleted');
  say(`${colors.green('refused')}  ${refusal.name}`);
}

function summarize(listed: unknown, stage: DemoSet): void {
  chapter('Summary');
  say(
    `${copiesIn(listed)} verified, signed copies of the shop in two repositories; one restored and found equal, to the row.`,
  );
  say('Beside each lies a RESTORE.md: how to restore it with gpg, zstd and pg_restore alone.');
  say(
    `Temporal's Web UI: ${colors.cyan(stage.temporal.uiUrl)}${keep ? '' : ' (gone in a moment; --keep leaves it up)'}`,
  );
}

async function linger(stage: DemoSet): Promise<void> {
  chapter('Yours to play with, until Ctrl-C');
  for (const name of ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'HOLDFAST_POLICY'])
    say(`export ${name}=${stage.environment[name]}`);
  say(`alias holdfast='node ${stage.program}'`);
  prompt(['backup', 'list']);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}
