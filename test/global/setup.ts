import { makeBundles } from '../support/bundle.ts';
import { useMemory } from '../support/memory.ts';

export default async function setUp(): Promise<void> {
  await useMemory();
  await makeBundles();
}
