import { isLocalHost } from './hosts.ts';
import type { PostgresSource } from './resolved.ts';
import type { ScratchServer, SwitchRule } from './resolved-proof.ts';
import type { Policy } from './schema.ts';

type WrittenSource = Policy['sources'][string];

/** A connection that leaves the host is verified unless the policy says otherwise; one that doesn't needs no TLS. */
export function resolveSsl(host: string, ssl: WrittenSource['ssl']): PostgresSource['ssl'] {
  if (ssl === undefined) return { mode: isLocalHost(host) ? 'prefer' : 'verify-full' };
  if (typeof ssl === 'string') return { mode: ssl };
  const { mode, rootCertificate } = ssl;
  return rootCertificate === undefined ? { mode } : { mode, rootCertificate };
}

export function resolveSource(name: string, source: WrittenSource): PostgresSource {
  const { tier: _tier, ssl, password, switch: rule, ...same } = source;
  return {
    ...same,
    name,
    ssl: resolveSsl(source.host, ssl),
    ...(password === undefined ? {} : { password }),
    ...(rule === undefined ? {} : { switch: resolveSwitch(rule) }),
  };
}

function resolveSwitch(rule: NonNullable<WrittenSource['switch']>): SwitchRule {
  const { password, quiesce, resume, ...same } = rule;
  return {
    ...same,
    ...(password === undefined ? {} : { password }),
    ...(quiesce === undefined ? {} : { quiesce }),
    ...(resume === undefined ? {} : { resume }),
  };
}

export function resolveServer(name: string, server: Policy['scratchServers'][string]): ScratchServer {
  const { zone, host, port, user, password, ssl } = server;
  return {
    name,
    zone,
    host,
    port,
    user,
    ssl: resolveSsl(host, ssl),
    ...(password === undefined ? {} : { password }),
  };
}
