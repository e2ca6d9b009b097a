import type { DataPath } from './problem.ts';
import type { Policy } from './schema.ts';

/** Something that this version checks and does not yet act on. */
export type Notice = {
  id: 'retention-later' | 'restore-test-later';
  path: DataPath;
  message: string;
};

/** What a team should not rely on yet. Pure. */
export function noticesOf(policy: Policy): Notice[] {
  const plans = Object.entries(policy.plans);
  const retained = plans.filter(([, plan]) => plan.retention !== undefined);
  const tested = plans.filter(([, plan]) => plan.restoreTest?.schedule !== undefined);
  return [
    ...retained.map(
      ([name]): Notice => ({
        id: 'retention-later',
        path: ['plans', name, 'retention'],
        message: 'Retention is checked and not yet acted on: this version keeps every copy.',
      }),
    ),
    ...tested.map(
      ([name]): Notice => ({
        id: 'restore-test-later',
        path: ['plans', name, 'restoreTest'],
        message:
          'Scheduled restore tests come with a later version: until then run `holdfast restore` by hand.',
      }),
    ),
  ];
}
