export { type CommandSpec, killGroup, minimalEnvironment } from './command.ts';
export { type Pipeline, type StageExit, startPipeline } from './pipeline.ts';
export { type RunResult, run } from './run.ts';
export { placeOf, readSecret } from './secret.ts';
