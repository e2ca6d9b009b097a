import type { WorkflowInterceptors } from '@temporalio/workflow';

/** The time-skipping server knows no search attributes and refuses every one: they are left out of what it is told. */
export const interceptors = (): WorkflowInterceptors => ({
  internals: [
    {
      concludeActivation: (input, next) => {
        const { commands } = next(input);
        return { commands: commands.filter((command) => !command.upsertWorkflowSearchAttributes) };
      },
    },
  ],
});
