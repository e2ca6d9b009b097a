/** What failing over asks of PostgreSQL servers. */

export { examineDirectory } from './data-directory.ts';
export { type Loss, lossOf, type PrimaryPosition } from './loss.ts';
export { dropKept } from './own-configuration.ts';
export { type Probe, probe } from './probe.ts';
export { checkWrites, type Promotion, promote, requirePromotable, toReplay } from './promote.ts';
export {
  dropRehearsed,
  keptName,
  lookAtName,
  type NameOnServer,
  putRestored,
} from './put-restored.ts';
export { type Rejoined, rejoin } from './rejoin.ts';
export { requireScratchCopy, withScratchCopy } from './scratch-copy.ts';
export { connectable, onTarget, readState, requireSight, type ServerState } from './state.ts';
