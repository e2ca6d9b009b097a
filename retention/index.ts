export { type AttachedQuestion, decideAttached } from './attached.ts';
export { endOfDay } from './calendar.ts';
export { canonicalActions } from './canonical.ts';
export { decideRetention } from './decide.ts';
export { isSound } from './guard.ts';
export { type Recheck, whyStays } from './recheck.ts';
export type * from './types.ts';
