import type { ResolvedRepository } from '../policy/resolved.ts';
import { formatBytes } from '../policy/units.ts';
import type { RepositorySurvey } from '../workflows/contract-survey.ts';
import type { Known } from './health.ts';
import type { Weighed } from './weighed.ts';

/** Above this a repository is as good as full. */
const nearlyFull = 0.95;

/** So far below what the policy allows the alert closes: backups come and go, and it would open and close with them. */
const relief = 0.03;

/** Whether each repository that needs no person can be read by its own zone, and how full it is. */
export function weighRepositories(
  repositories: readonly ResolvedRepository[],
  zones: readonly Known[],
  most: number,
): Weighed {
  const weighed: Weighed = { findings: [], unchecked: [] };
  for (const { name, zone, manual } of repositories) {
    if (manual !== undefined) continue;
    const known = zones.find((each) => each.zone === zone);
    const survey = known?.facts?.repositories.find(({ repository }) => repository === name);
    if (survey === undefined)
      weighed.unchecked.push({
        subject: name,
        sentence: `Repository ${name} was not looked at: zone ${zone} did not tell of it.`,
        // The zone's own silence is told of the zone.
        explained: known !== undefined && known.silent !== null,
      });
    else if (survey.unreadable !== null) {
      const sentence = `Repository ${name} can't be read from its zone ${zone}: ${survey.unreadable}`;
      weighed.findings.push({
        kind: 'repository-unreachable',
        subject: name,
        severity: 'critical',
        sentence,
      });
      weighed.unchecked.push({ subject: name, sentence, explained: true });
    } else weighed.findings.push(...fullness(survey, most));
  }
  return weighed;
}

function fullness({ repository, free, size }: RepositorySurvey, most: number): Weighed['findings'] {
  if (free === null || size === null || size <= 0) return [];
  const used = 1 - free / size;
  const enough = most - Math.min(relief, most / 2);
  if (used < enough) return [];
  return [
    {
      kind: 'storage-full',
      subject: repository,
      severity: used >= Math.max(most, nearlyFull) ? 'critical' : 'warning',
      sentence: `Repository ${repository} is ${Math.floor(used * 100)} % full: ${formatBytes(free)} of ${formatBytes(size)} are free. Make room, or keep fewer backups there. All is well below ${Math.round(enough * 100)} %.`,
      ...(used < most ? { lingers: true as const } : {}),
    },
  ];
}
