import { lookUp } from './lookup.ts';
import { type DataPath, type Fault, faultAt } from './problem.ts';
import { isManual } from './resolve-repository.ts';
import { tiers } from './resolved.ts';
import type { Salvage } from './salvage.ts';
import type { Policy } from './schema.ts';

type Repositories = Policy['repositories'];

/** A name of a repository, for a use that not every repository is fit for. */
type Use = { path: DataPath; name: string; storageClass?: string };

/**
 * Repositories that can't be what the policy uses them for: plans need one that is always online, promotion and the
 * audit log too, and the audit log is apart from the backups. Pure.
 */
export function unfitPlaces({ sections, settings }: Salvage): Fault[] {
  const { repositories } = sections;
  const promoted = promotedPlaces(sections.retention);
  const audit = settings.audit?.repository;
  return [
    ...Object.entries(sections.plans).flatMap(([name, plan]) =>
      onlyAttached(name, plan.copies, repositories),
    ),
    ...promoted.flatMap((use) => unfitForPromotion(use, repositories)),
    ...(audit === undefined ? [] : unfitForAudit(audit, repositories)),
    ...[...copyPlaces(sections.plans), ...promoted].flatMap(({ path, name }) =>
      name === audit
        ? [
            faultAt(
              path,
              'this repository holds the audit log, which is kept apart from the backups',
              'name another one here, or under `audit`',
            ),
          ]
        : [],
    ),
  ];
}

function onlyAttached(plan: string, copies: string[], repositories: Repositories): Fault[] {
  const known = copies.map((copy) => lookUp(repositories, copy));
  if (known.length === 0 || known.some((each) => each === undefined || !isManual(each))) return [];
  return [
    faultAt(
      ['plans', plan, 'copies'],
      'every copy waits for a person who attaches its repository, so no backup could run by itself',
      'name at least one repository that is always online',
    ),
  ];
}

function unfitForPromotion({ path, name, storageClass }: Use, repositories: Repositories): Fault[] {
  const repository = lookUp(repositories, name);
  if (repository === undefined) return [];
  if (isManual(repository))
    return [
      faultAt(
        path,
        'this repository is attached by hand, and promotion waits for nobody',
        "name one that is always online, or put this one among the plan's copies",
      ),
    ];
  if (storageClass === undefined || repository.kind === 's3') return [];
  return [
    faultAt(
      [...path.slice(0, -1), 'storageClass'],
      'a directory has no storage classes',
      'remove this, or name an S3 repository',
    ),
  ];
}

function unfitForAudit(name: string, repositories: Repositories): Fault[] {
  const repository = lookUp(repositories, name);
  if (repository === undefined || !isManual(repository)) return [];
  return [
    faultAt(
      ['audit', 'repository'],
      'this repository is attached by hand, and what happens is recorded at once',
      'name one that is always online',
    ),
  ];
}

function copyPlaces(plans: Policy['plans']): Use[] {
  return Object.entries(plans).flatMap(([plan, { copies }]) =>
    copies.map((name, index) => ({ path: ['plans', plan, 'copies', index], name })),
  );
}

function promotedPlaces(retentions: Policy['retention']): Use[] {
  return Object.entries(retentions).flatMap(([retention, { storage }]) =>
    tiers.flatMap((tier): Use[] => {
      const place = tier === 'hourly' ? undefined : storage?.[tier];
      if (place?.repository === undefined) return [];
      const path = ['retention', retention, 'storage', tier, 'repository'];
      const { repository: name, storageClass } = place;
      return [{ path, name, ...(storageClass === undefined ? {} : { storageClass }) }];
    }),
  );
}
