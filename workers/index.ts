export { createLog } from './log.ts';
export { installRuntime } from './runtime.ts';
export { createZoneWorkers, type ZoneWorkerOptions } from './worker.ts';
