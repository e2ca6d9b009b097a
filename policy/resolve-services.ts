import type { ResolvedPolicy, ResolvedService } from './resolved.ts';
import type { Policy } from './schema.ts';

/** Services with everything that belongs to them: the plans of their sources, and the runbooks that fail those over. */
export function resolveServices(
  written: Policy['services'],
  { plans, runbooks }: Pick<ResolvedPolicy, 'plans' | 'runbooks'>,
): Record<string, ResolvedService> {
  const all = Object.values(plans);
  return Object.fromEntries(
    Object.entries(written).map(
      ([name, { sources, plans: further, ...service }]): [string, ResolvedService] => {
        const own = all.filter((plan) => sources.includes(plan.source.name) || further.includes(plan.name));
        const made = sorted([...sources, ...own.map(({ source }) => source.name)]);
        const protecting = Object.values(runbooks).filter(({ protects }) =>
          protects.some((source) => made.includes(source)),
        );
        return [
          name,
          {
            ...service,
            name,
            sources: made,
            plans: sorted(own.map((plan) => plan.name)),
            runbooks:
              service.runbooks.length > 0 ? service.runbooks : sorted(protecting.map((each) => each.name)),
            reviewed: service.reviewed ?? null,
          },
        ];
      },
    ),
  );
}

const sorted = (names: readonly string[]): string[] => [...new Set(names)].sort();
