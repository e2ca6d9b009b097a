export { type CommandSpec, killGroup, minimalEnvironment } from './command.ts';
export { isGone, type Owner, startOfProcess, thisProcess } from './owner.ts';
export { type Pipeline, type StageExit, startPipeline } from './pipeline.ts';
export { redact } from './redact.ts';
export { type RunResult, run } from './run.ts';
export { placeOf, readSecret } from './secret.ts';
export { describeExit, toolMissing } from './stage.ts';
export { runForTail, type TailedRun } from './tail.ts';
export { isUnstarted, tiedToUs } from './tied.ts';
