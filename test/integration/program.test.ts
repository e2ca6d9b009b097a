import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { type Lab, labSource, openLab } from '../../tools/lab/lab.ts';
import { freePort, type PostgresServer, startPostgres, startTemporal } from '../../tools/servers/index.ts';
import { type CliRun, holdfast } from '../support/cli.ts';
import { queryDatabase } from '../support/database.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { descendantsOf, livingOf } from '../support/processes.ts';
import { type Program, startProgram } from '../support/program.ts';

let lab: Lab;
let postgres: PostgresServer;
let places: Places;
const programs: Program[] = [];

beforeAll(async () => {
  [lab, postgres, places] = await Promise.all([openLab(), startPostgres({ major: 15 }), openPlaces()]);
  await queryDatabase(postgres, 'postgres', 'create database shop');
  await queryDatabase(postgres, 'shop', 'create table t as select i from generate_series(1, 1000) i');
  const repository = async (name: string) => ({
    kind: 'filesystem',
    path: await lab.repositoryPath(name),
    zone: 'fra',
    keepFree: '1MiB',
  });
  await lab.usePolicy({
    zones: { fra: { region: 'EU', site: 'de-fra1', signingKey: { file: lab.signing.privateFile } } },
    repositories: { one: await repository('one'), two: await repository('two') },
    sources: { shop: await labSource(lab, postgres, 'shop') },
    plans: {
      'shop-daily': { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies: ['one', 'two'] },
    },
  });
});

afterAll(async () => {
  await Promise.all(programs.map((program) => program.kill()));
  await Promise.all([lab?.close(), postgres?.stop(), places?.close()]);
});

async function start(args: string[], env: Record<string, string>): Promise<Program> {
  const program = startProgram(args, { HOLDFAST_POLICY: lab.policyFile, ...places.environment, ...env });
  programs.push(program);
  await program.saying('Working');
  return program;
}

const commands =
  (address: string) =>
  (...args: string[]): Promise<CliRun> =>
    holdfast(args, { env: { TEMPORAL_ADDRESS: address, HOLDFAST_POLICY: lab.policyFile } });

/** Ends a program as an operating system does at a shutdown; nothing that it started may outlive it. */
async function stop(program: Program): Promise<void> {
  const children = await descendantsOf(program.pid);
  program.signal('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(await livingOf(children)).toEqual([]);
  expect(await readdir(places.work)).toEqual([]);
}

describe('holdfast dev', () => {
  it('keeps Schedules and histories over a restart, and leaves nothing running', async () => {
    const [port, ui] = [await freePort(), await freePort()];
    const dev = () => start(['dev', '--port', String(port), '--ui-port', String(ui)], {});
    const cli = commands(`127.0.0.1:${port}`);
    const first = await dev();
    expect((await descendantsOf(first.pid)).map(({ command }) => command)).toContain('temporal');
    expect(await cli('apply', '--yes')).toMatchObject({ code: 0 });
    const made = JSON.parse((await cli('backup', 'run', 'shop-daily', '--wait', '--json')).stdout);
    expect(made).toMatchObject({ result: 'passed', rows: 1000 });
    await stop(first);
    const without = await cli('status');
    expect(without).toMatchObject({ code: 3, stderr: '' });
    expect(without.stdout).toMatch(/^shop-daily +2\/2 .* never restored +unknown +ok$/m);
    expect(without.stdout).toContain(`temporal: No Temporal server answers at 127.0.0.1:${port}`);

    const second = await dev();
    expect(await cli('plan', '--check')).toMatchObject({ code: 0, stderr: '' });
    const status = JSON.parse((await cli('status', '--json')).stdout);
    expect(status.plans[0]).toMatchObject({
      last: { workflowId: made.workflowId, result: 'passed' },
      lastGood: { backupId: made.backupId },
      faults: [],
    });
    const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
    const history = await new Client({ connection }).workflow.getHandle(made.workflowId).fetchHistory();
    await connection.close();
    expect(history.events?.at(-1)?.workflowExecutionCompletedEventAttributes).toBeTruthy();
    await stop(second);
  });
});

/** The value of the one series of a metric that has a label, on a page of Prometheus' text format. */
function numberOf(page: string, metric: string, label = 'plan="shop-daily"'): number {
  const series = page.split('\n').filter((line) => line.startsWith(`${metric}{`) && line.includes(label));
  expect(series).toHaveLength(1);
  return Number(series[0]?.split(' ').at(-1));
}

describe('holdfast worker', () => {
  it('serves metrics: those of Temporal, and how big, how long and how old each copy is', async () => {
    const [temporal, port] = [await startTemporal(), await freePort()];
    try {
      const cli = commands(temporal.address);
      const worker = await start(['worker', '--zone', 'fra', '--prometheus', `127.0.0.1:${port}`], {
        TEMPORAL_ADDRESS: temporal.address,
      });
      expect(await cli('apply', '--yes')).toMatchObject({ code: 0 });
      const made = JSON.parse((await cli('backup', 'run', 'shop-daily', '--wait', '--json')).stdout);
      const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      await stop(worker);
      expect(numberOf(page, 'holdfast_backup_stored_bytes_total')).toBe(made.bytes);
      expect(numberOf(page, 'holdfast_backup_raw_bytes_total')).toBeGreaterThan(made.bytes);
      expect(numberOf(page, 'holdfast_backup_size_bytes')).toBe(made.bytes);
      expect(numberOf(page, 'holdfast_backup_dump_duration_seconds_count')).toBe(1);
      expect(page).toContain('le="3600"');
      for (const copy of ['repository="one"', 'repository="two"'])
        expect(numberOf(page, 'holdfast_last_good_copy_timestamp_seconds', copy)).toBe(
          Math.floor(Date.parse(made.dataTime) / 1000),
        );
      expect(numberOf(page, 'temporal_workflow_completed_total', 'workflow_type="backup"')).toBe(1);
    } finally {
      await temporal.stop();
    }
  });
});
