export { createLog } from './log.ts';
export { installRuntime } from './runtime.ts';
export { createZoneWorker, type ZoneWorkerOptions } from './worker.ts';
