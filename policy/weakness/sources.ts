import { isLocalHost } from '../hosts.ts';
import type { ResolvedSource } from '../resolved.ts';
import type { Weakness, Weighed } from './weakness.ts';

/** Sources that no plan backs up, or that are read over a connection that anybody could answer. */
export function sourceWeaknesses({ resolved }: Weighed): Weakness[] {
  const planned = new Set(Object.values(resolved.plans).map((plan) => plan.source.name));
  return Object.values(resolved.sources).flatMap((source) => [
    ...(planned.has(source.name) ? [] : [withoutPlan(source)]),
    ...unverified(source),
  ]);
}

function withoutPlan(source: ResolvedSource): Weakness {
  return {
    id: 'source-without-plan',
    severity: 'advice',
    path: ['sources', source.name],
    message: 'No plan backs this source up.',
    hint: 'Add a plan for it, or remove it.',
  };
}

function unverified({ name, host, ssl }: ResolvedSource): Weakness[] {
  if (isLocalHost(host) || (ssl.mode !== 'disable' && ssl.mode !== 'prefer')) return [];
  return [
    {
      id: 'unverified-connection',
      severity: 'advice',
      path: ['sources', name, 'ssl'],
      message: `The connection to this host leaves the machine with ssl ${ssl.mode}: it may go unencrypted and to anybody.`,
      hint: 'Use verify-full, with a rootCertificate where the server has a private authority.',
    },
  ];
}
