import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPlan, ResolvedPolicy, ResolvedRepository } from '../../policy/resolved.ts';
import { airgapInput } from '../../schedules/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { progressQuery } from '../../workflows/contract.ts';
import {
  type AirgapInput,
  type AirgapProgress,
  type AirgapResult,
  detachedSignal,
} from '../../workflows/contract-airgap.ts';
import { idOfDay, idsOfDays, makePast, mark, pastIn } from '../support/past.ts';
import { openStage, type Stage } from '../support/stage.ts';

describe('what has expired behind the air gap', () => {
  let stage: Stage;
  let policy: ResolvedPolicy;

  beforeAll(async () => {
    stage = await openStage();
    const directory = async (name: string, zone = 'fra') => ({
      kind: 'filesystem',
      path: await stage.lab.repositoryPath(name),
      zone,
      keepFree: '1MiB',
    });
    const manual = { online: 'manual', schedule: '0 10 * * 6', attach: { role: 'operator' } };
    policy = await stage.apply({
      repositories: {
        local: await directory('local'),
        // A directory of another zone: the filling can't read it, and the decision needs it all the same.
        second: await directory('second', 'ams'),
        log: await directory('log'),
        safe: { ...(await directory('safe')), ...manual },
      },
      audit: { repository: 'log' },
      people: { 'op-1': { roles: ['operator'] } },
      retention: { rules: { daily: '3d' } },
      sources: {
        shop: { kind: 'postgres', zone: 'fra', host: 'localhost', database: 'shop', user: 'backup' },
      },
      plans: {
        kept: {
          source: 'shop',
          schedule: '0 2 * * *',
          key: 'databases',
          copies: ['local', 'second', 'safe'],
          retention: 'rules',
        },
      },
    });
    await makePast(stage.lab, plan().copies, idsOfDays(9, 0));
    await putAway();
  });
  afterAll(() => stage?.close());

  const pathOf = (name: string) => join(stage.lab.directory, 'repositories', name);
  const putAway = () => rename(pathOf('safe'), `${pathOf('safe')}-away`);
  const bringBack = () => rename(`${pathOf('safe')}-away`, pathOf('safe'));

  function plan(): ResolvedPlan {
    const found = policy.plans.kept;
    if (found === undefined) throw new Error('the plan is gone');
    return found;
  }

  function input(change: (plan: ResolvedPlan) => ResolvedPlan = (same) => same): AirgapInput {
    const made = airgapInput({ ...policy, plans: { kept: change(plan()) } }, 'safe');
    if (made === null) throw new Error('no plan copies there');
    return made;
  }

  /** Attaches the disk, has it filled, and puts it away when that is asked for; what was copied and removed meanwhile. */
  async function fill(given = input()): Promise<AirgapResult> {
    await bringBack();
    const handle = await stage.start('airgap', given);
    await eventually(async () => {
      const { phase } = await handle.query<AirgapProgress>(progressQuery);
      expect(phase).toBe('asking to detach');
    }, 60);
    await putAway();
    await handle.signal(detachedSignal, { by: 'op-1' }).catch(() => undefined);
    return handle.result();
  }

  async function retention(given = plan()) {
    const { hash } = await stage.execute('retention', { plan: given, mode: 'preview' });
    return stage.execute('retention', { plan: given, mode: 'run', expect: hash, by: 'dba-1' });
  }

  const safe = (): ResolvedRepository => {
    const found = policy.repositories.safe;
    if (found?.kind !== 'filesystem') throw new Error('there is no safe');
    return { ...found, path: `${found.path}-away` };
  };
  const inSafe = async () => [...(await pastIn(safe())).keys()].sort();
  const online = async () => {
    const [local = new Map()] = await Promise.all(plan().copies.map((copy) => pastIn(copy)));
    return [...local.keys()].sort();
  };

  it('stays as long as another repository lists it, and before the first run of retention', async () => {
    expect(await fill()).toMatchObject({
      result: 'passed',
      plans: [{ copied: 10 }],
      expired: [{ plan: 'kept', removed: 0 }],
      exceptions: [],
    });
    await rm(join(pathOf('local'), keyOfDay(9)), { recursive: true });
    await rm(join(pathOf('second'), keyOfDay(9)), { recursive: true });
    expect(await fill()).toMatchObject({
      result: 'passed-with-exceptions',
      expired: [{ removed: 0 }],
      exceptions: [expect.stringMatching(/^kept: .* in safe: Kept longer .* \(unconfirmed\)\.$/)],
    });
    expect(await inSafe()).toHaveLength(10);
  });

  it('goes when the disk is filled, but for what is held, and the audit log tells of it', async () => {
    await mark([safe()], idOfDay(8), { kind: 'hold', id: '0a1b2c3d' });
    await retention();
    const left = await online();
    expect(left).toEqual(idsOfDays(3, 0));
    expect(await fill()).toMatchObject({
      result: 'passed-with-exceptions',
      expired: [{ plan: 'kept', removed: 5, backups: expect.arrayContaining([idOfDay(9), idOfDay(4)]) }],
      exceptions: [expect.stringMatching(/^kept: .*-00000008 in safe: Kept longer .* \(hold\)\.$/)],
    });
    expect(await inSafe()).toEqual([idOfDay(8), ...left]);
    const entries = await recorded('backup.expired', 'kept in safe');
    expect(entries).toMatchObject([
      { reason: expect.stringMatching(/^Begun/), facts: { backups: 5 } },
      { facts: { removed: 5, backups: expect.stringContaining(idOfDay(9)) } },
    ]);

    await mark([safe()], idOfDay(8), { kind: 'unhold', id: '0a1b2c3d' });
    expect(await fill()).toMatchObject({
      result: 'passed',
      expired: [{ removed: 1, bytes: expect.any(Number) }],
    });
    expect(await inSafe()).toEqual(left);
  });

  it('stays when a repository of the plan can not be looked at, or something was not copied', async () => {
    const old = idOfDay(12);
    await makePast(stage.lab, [safe()], [old]);
    await rename(pathOf('second'), `${pathOf('second')}-away`);
    expect(await fill()).toMatchObject({
      result: 'passed-with-exceptions',
      exceptions: [expect.stringMatching(/^kept: What has expired stays in safe: Repository second: /)],
    });
    await rename(`${pathOf('second')}-away`, pathOf('second'));

    await rm(join(`${pathOf('safe')}-away`, keyOfDay(1)), { recursive: true });
    const signature = join(pathOf('local'), keyOfDay(1), 'manifest.json.sig');
    await rename(signature, join(stage.lab.directory, 'signature'));
    const result = await fill();
    expect(result).toMatchObject({ result: 'passed-with-exceptions', expired: [] });
    expect(result.exceptions).toEqual([expect.stringMatching(/could not be copied/)]);
    await rename(join(stage.lab.directory, 'signature'), signature);
    expect(await inSafe()).toContain(old);
  });

  it('stays when the audit log can not be written', async () => {
    await rename(pathOf('log'), `${pathOf('log')}-away`);
    const result = await fill();
    await rename(`${pathOf('log')}-away`, pathOf('log'));
    expect(result.expired).toMatchObject([
      {
        removed: 0,
        exceptions: [expect.stringMatching(/stays in safe: The audit log could not be written/)],
      },
    ]);
    expect(await inSafe()).toContain(idOfDay(12));
    expect(await fill()).toMatchObject({ result: 'passed', expired: [{ removed: 1 }] });
  });

  it('by rules that have become shorter stays until a run of retention was confirmed', async () => {
    const shorter = (same: ResolvedPlan): ResolvedPlan =>
      same.retention === undefined
        ? same
        : {
            ...same,
            retention: {
              ...same.retention,
              rules: { kind: 'flat', for: { count: 1, unit: 'day' } },
            },
          };
    for (const name of ['local', 'second']) await rm(join(pathOf(name), keyOfDay(3)), { recursive: true });
    expect(await fill(input(shorter))).toMatchObject({
      expired: [{ removed: 0, exceptions: [expect.stringMatching(/\(unconfirmed\)/)] }],
    });
    await retention(shorter(plan()));
    expect(await fill(input(shorter))).toMatchObject({ result: 'passed', expired: [{ removed: 2 }] });
    expect(await inSafe()).toEqual(await online());
  });

  async function recorded(action: string, subject: string) {
    const { audit: target } = policy;
    if (target === undefined) throw new Error('the policy keeps no audit log');
    const { entries } = await stage.execute('audit', { target, filter: { action, subject }, limit: 10 });
    return entries.toReversed();
  }

  function keyOfDay(daysAgo: number): string {
    const id = idOfDay(daysAgo);
    return join('shop', id.slice(0, 4), id.slice(4, 6), id.slice(6, 8), id);
  }
});
