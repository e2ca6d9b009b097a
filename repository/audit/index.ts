export { type AppendInput, appendEvents, type Place } from './append.ts';
export type { Walked } from './check.ts';
export type { Break, BreakKind } from './diagnosis.ts';
export { type ChainName, type Entry, entryBytes, type Link, type RecordedEvent } from './entry.ts';
export { linksBack, zonesWithChains } from './read.ts';
export { type RecordEventsInput, type Recorded, recordEvents, type Witness } from './record.ts';
export { type VerifiedChain, type VerifyChainInput, verifyChain } from './verify.ts';
