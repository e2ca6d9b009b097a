import { type Fault, faultAt } from './problem.ts';
import type { Policy } from './schema.ts';

type Repository = Policy['repositories'][string];

/**
 * Repositories that are one place under two names, or one inside the other: copies would count twice, and each would
 * find the other's files foreign. Pure.
 */
export function overlappingRepositories(repositories: Policy['repositories']): Fault[] {
  const seen = new Map<string, { name: string; within: string }[]>();
  return Object.entries(repositories).flatMap(([name, repository]) => {
    const { host, within } = placeOf(repository);
    const others = seen.get(host) ?? [];
    seen.set(host, [...others, { name, within }]);
    const other = others.find((one) => one.within.startsWith(within) || within.startsWith(one.within));
    if (other === undefined) return [];
    const same = other.within === within;
    return [
      faultAt(
        ['repositories', name],
        same
          ? `this is the same place as repository ${other.name}`
          : `this and repository ${other.name} lie one inside the other`,
        'give each repository a place of its own',
      ),
    ];
  });
}

/** What can't be shared, and the way below it, ending in a slash so that `/a/b` is not inside `/a/bc`. */
function placeOf(repository: Repository): { host: string; within: string } {
  if (repository.kind === 'filesystem') {
    const path = normalPath(repository.path);
    return { host: `zone ${repository.zone}`, within: path === '/' ? path : `${path}/` };
  }
  const prefix = repository.prefix === undefined ? '' : `${repository.prefix}/`;
  return { host: `bucket ${repository.endpoint ?? ''} ${repository.bucket}`, within: `/${prefix}` };
}

/** An absolute path without empty and `.` segments, and without a slash at its end. */
export function normalPath(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  return `/${segments.join('/')}`;
}
