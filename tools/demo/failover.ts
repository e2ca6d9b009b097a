import type { Client } from '@temporalio/client';
import colors from 'picocolors';
import { progressQuery } from '../../workflows/contract.ts';
import type { FailoverProgress } from '../../workflows/contract-failover.ts';
import { eventually } from '../servers/index.ts';
import { look, show } from './commands.ts';
import type { Player } from './policy.ts';
import type { DemoSet } from './set.ts';
import type { Sites } from './sites.ts';
import { say } from './tell.ts';

const runbook = 'shop-failover';

/** The same runbook with no effect on production: what it would take, and whether it would work. */
export async function playDrill(set: DemoSet, sites: Sites, client: Client): Promise<void> {
  await look(set, ['runbook', 'check', runbook]);
  const before = await sites.whereIs('shop');
  const run = `drill/${runbook}`;
  await show(set, ['drill', runbook, '--as', 'erin', '--expect', 'the copy of the standby takes writes']);
  await approve(set, client, run, 'declare', 'frank');
  await approve(set, client, run, 'promote', 'grace');
  await judging(client, run);
  await show(set, ['failover', 'outcome', run, '1', 'yes', '--as', 'erin']);
  await ended(client, run);
  await look(set, ['failover', 'status', run]);
  const after = await sites.whereIs('shop');
  if (after !== before) throw new Error(`the drill moved production: ${before}, now ${after}`);
  say(`Production is as it was: shop.example.org is ${after}, and the standby still stands by.`);
}

/** The real thing: the site is gone, people are asked, and the shop goes on elsewhere. */
export async function playFailover(set: DemoSet, sites: Sites, client: Client): Promise<void> {
  await show(set, [
    ...['failover', 'start', runbook, '--as', 'erin', '--reason', 'fra is dark since 03:12'],
    ...['--sign-with', set.keyOf('erin')],
  ]);
  const run = `failover/${runbook}`;
  await approve(set, client, run, 'declare', 'frank');
  await reached(client, run, 'fence', 'asking');
  say('Nobody answers in fra, and so nobody can prove that the old primary is off: somebody must say so.');
  await show(set, [
    ...['failover', 'complete', runbook, 'fence', '--as', 'frank'],
    ...['--evidence', 'power feed of the rack is off, provider ticket 4711'],
    ...['--sign-with', set.keyOf('frank')],
  ]);
  await approve(set, client, run, 'promote', 'grace');
  await ended(client, run);
  await look(set, ['failover', 'status', runbook]);
  say(`shop.example.org is ${colors.green(await sites.whereIs('shop'))} now.`);
  await look(set, ['failover', 'list']);
}

async function approve(
  set: DemoSet,
  client: Client,
  run: string,
  step: string,
  name: Exclude<Player, 'erin'>,
): Promise<void> {
  await reached(client, run, step, 'waiting');
  const signed = run.startsWith('failover/') ? ['--sign-with', set.keyOf(name)] : [];
  await show(set, ['failover', 'approve', run, step, '--as', name, ...signed]);
}

/** Waits until a step has come to a state. */
async function reached(
  client: Client,
  run: string,
  step: string,
  state: FailoverProgress['steps'][number]['state'],
): Promise<void> {
  await eventually(async () => {
    const { steps } = await client.workflow.getHandle(run).query<FailoverProgress>(progressQuery);
    const found = steps.find(({ id }) => id === step);
    if (found?.state !== state)
      throw new Error(`${step} of ${run} is ${found?.state}: ${found?.sentences.join(' ')}`);
  }, 120);
}

/** Waits until a drill is over, and its owner is asked what came out. */
async function judging(client: Client, run: string): Promise<void> {
  await eventually(async () => {
    const { phase } = await client.workflow.getHandle(run).query<FailoverProgress>(progressQuery);
    if (phase !== 'judging') throw new Error(`${run} is ${phase}`);
  }, 120);
}

async function ended(client: Client, run: string): Promise<void> {
  await client.workflow.getHandle(run).result();
}
