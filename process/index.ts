export { type Pipeline, type StageExit, startPipeline } from './pipeline.ts';
export { type CommandSpec, minimalEnvironment, type RunResult, run } from './run.ts';
export { placeOf, readSecret } from './secret.ts';
