import type { ResolvedPolicy } from '../resolved.ts';
import type { Weakness, Weighed } from './weakness.ts';

/** Whether anybody learns of what goes wrong, also when nothing runs any more. */
export function alertWeaknesses({ written, resolved }: Weighed): Weakness[] {
  if (Object.keys(resolved.plans).length === 0) return [];
  return [...toNobody(resolved), ...fromInsideAlone(resolved), ...unusedChannels(written)];
}

function toNobody({ notifications: { channels, routes } }: ResolvedPolicy): Weakness[] {
  if (channels.length === 0)
    return [
      {
        id: 'nobody-alerted',
        severity: 'advice',
        path: ['notifications'],
        message: 'Nobody is told when something is wrong: alerts are seen only by who looks at `status`.',
        hint: 'Add `notifications` with a channel, such as e-mail.',
      },
    ];
  if (routes.some(({ severities, roles }) => severities.includes('critical') && roles === undefined))
    return [];
  return [
    {
      id: 'critical-not-routed',
      severity: 'serious',
      path: ['notifications', 'routes'],
      message: 'No route takes every critical alert, so some of them reach nobody.',
      hint: 'Add `{ severity: critical, to: [CHANNEL] }` as the last route.',
    },
  ];
}

/** Workers that are all gone, or a Temporal that is, can't tell of it themselves. */
function fromInsideAlone({ plans, checks: { health } }: ResolvedPolicy): Weakness[] {
  if ([health, ...Object.values(plans)].some(({ ping }) => ping !== undefined)) return [];
  return [
    {
      id: 'no-outside-watcher',
      severity: 'advice',
      path: ['plans'],
      message: 'Nothing outside watches: when Temporal or every worker is down, no alert comes from them.',
      hint: "Add `ping: { url: … }` of a dead man's switch to the most important plan, or to `checks.health`.",
    },
  ];
}

function unusedChannels({ notifications }: Weighed['written']): Weakness[] {
  const routes = notifications?.routes;
  if (notifications === undefined || routes === undefined) return [];
  const used = new Set(routes.flatMap(({ to, escalate }) => [...to, ...escalate.flatMap((step) => step.to)]));
  return Object.keys(notifications.channels).flatMap((name): Weakness[] =>
    used.has(name)
      ? []
      : [
          {
            id: 'channel-unused',
            severity: 'advice',
            path: ['notifications', 'channels', name],
            message: 'No route leads to this channel, so nothing is ever told there.',
            hint: 'Name it in `to` of a route, or remove it.',
          },
        ],
  );
}
