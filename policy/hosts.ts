/** Whether a host is this machine: a name for loopback, or the directory of a unix socket. */
export function isLocalHost(host: string): boolean {
  return isThisHost(host) || host.startsWith('/');
}

/** Whether a host, also as URLs write it, is a name for loopback. */
export function isThisHost(host: string): boolean {
  return ['localhost', '127.0.0.1', '::1', '[::1]'].includes(host.toLowerCase());
}

/** A PostgreSQL server as policies name it. */
export type Server = { zone: string; host: string; port: number };

/** What two names of one server have in common: loopback and sockets are a machine of their zone. */
export function serverKey({ zone, host, port }: Server): string {
  return isLocalHost(host) ? `zone ${zone} ${port}` : `host ${host.toLowerCase()} ${port}`;
}
