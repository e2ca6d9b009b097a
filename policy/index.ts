export { generateJsonSchema } from './json-schema.ts';
export { type LoadedPolicy, loadPolicy, type Placed } from './load.ts';
export { formatProblem, PolicyError, type Problem } from './problem.ts';
export { planFor } from './template/communication.ts';
export { runbookTemplate, runbookTemplates, templateNamed, withRunbook } from './template/runbook.ts';
export { policyTemplate } from './template.ts';
export type { Weakness, WeaknessId } from './weakness/index.ts';
