export { airgap } from './airgap.ts';
export { audit, verifyAudit } from './audit-log.ts';
export { backup } from './backup.ts';
export { airgapState, catalogue, doctor, publishPolicy, sweep } from './care.ts';
export { deletion } from './deletion.ts';
export { hold } from './hold.ts';
export { restore } from './restore.ts';
export { retention } from './retention.ts';
export { verify } from './verify.ts';
