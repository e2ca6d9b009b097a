import { removeBundles } from '../support/bundle.ts';
import { leaveMemory } from '../support/memory.ts';

export default async function tearDown(): Promise<void> {
  await removeBundles();
  await leaveMemory();
}
