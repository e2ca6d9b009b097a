import type { DataPath } from './problem.ts';
import type { Policy } from './schema.ts';

/** Something that this version checks and does not yet act on. */
export type Notice = {
  id: 'restore-test-later';
  path: DataPath;
  message: string;
};

/** What a team should not rely on yet. Pure. */
export function noticesOf(policy: Policy): Notice[] {
  return Object.entries(policy.plans)
    .filter(([, plan]) => plan.restoreTest?.schedule !== undefined)
    .map(
      ([name]): Notice => ({
        id: 'restore-test-later',
        path: ['plans', name, 'restoreTest'],
        message:
          'Scheduled restore tests come with a later version: until then run `holdfast restore` by hand.',
      }),
    );
}
