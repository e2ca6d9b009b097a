import type { ResolvedService } from '../resolved.ts';
import type { Weakness, Weighed } from './weakness.ts';

/** Services that nothing would bring back, or of which nobody has looked whether it would. */
export function serviceWeaknesses({ resolved }: Weighed): Weakness[] {
  return Object.values(resolved.services).flatMap((service) => [
    ...withoutRunbook(service),
    ...neverReviewed(service),
  ]);
}

function withoutRunbook({ name, runbooks }: ResolvedService): Weakness[] {
  if (runbooks.length > 0) return [];
  return [
    {
      id: 'service-without-runbook',
      severity: 'advice',
      path: ['services', name],
      message: 'No runbook brings this service back: in a disaster somebody must know by heart what to do.',
      hint: 'Write one under `runbooks` (`holdfast init --runbook NAME` gives one to start from).',
    },
  ];
}

function neverReviewed({ name, reviewed }: ResolvedService): Weakness[] {
  if (reviewed !== null) return [];
  return [
    {
      id: 'continuity-never-reviewed',
      severity: 'advice',
      path: ['services', name],
      message: 'Nobody has looked through the continuity plan of this service.',
      hint: `Read \`holdfast report bcp ${name}\` with its owner, and write the day as \`reviewed\`.`,
    },
  ];
}
