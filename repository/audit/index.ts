export { type AppendInput, appendEvents, type Place } from './append.ts';
export { type ChainName, type Entry, entryBytes, type Link, type RecordedEvent } from './entry.ts';
export { type RecordEventsInput, type Recorded, recordEvents, type Witness } from './record.ts';
