import type { ResolvedSource } from '../policy/resolved.ts';
import { postgresDriver } from './postgres/index.ts';
import type { SourceDriver } from './source.ts';

type Drivers = { [K in ResolvedSource['kind']]: SourceDriver<Extract<ResolvedSource, { kind: K }>> };

const drivers: Drivers = { postgres: postgresDriver };

/** The driver of a kind of source. */
export function driverFor<K extends ResolvedSource['kind']>(kind: K): Drivers[K] {
  return drivers[kind];
}
