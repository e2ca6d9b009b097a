import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { airgapCases } from '../support/killed-airgap.ts';
import { checkCases } from '../support/killed-checks.ts';
import { openCold, type ShortScene, shortCases } from '../support/killed-short.ts';
import { type Begun, beginAndKill, openKilling } from '../support/killing.ts';

let scene: ShortScene;

beforeAll(async () => {
  const opened = await openKilling();
  scene = { ...opened, cold: await openCold(opened) };
});

afterAll(async () => {
  await scene?.cold.close();
  await scene?.close();
});

/** All in the hands of one worker: each death is half a minute of silence until another one takes over. */
const cases = { ...airgapCases, ...checkCases, ...shortCases };

describe('a worker that is killed', () => {
  let begun: Map<string, Begun>;

  beforeAll(async () => {
    begun = await beginAndKill(scene, cases, () => scene.cold.proxy.clear());
  });

  it.each(Object.keys(cases))('with %s, in its hands: is followed by one that ends it', async (what) => {
    await begun.get(what)?.finished();
    expect(begun.has(what)).toBe(true);
  });
});
