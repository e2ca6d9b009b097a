import type { Facts } from './facts.ts';
export function benchmarkDocument(facts: Facts): string {
  return JSON.stringify(facts, null, 2);
}
