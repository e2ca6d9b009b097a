import { lookUp } from './lookup.ts';
import { type Fault, faultAt } from './problem.ts';
import type { Salvage } from './salvage.ts';

/** Checks whose report nobody could sign, and channels of mail that reach nobody. Pure. */
export function untellable({ sections, settings }: Pick<Salvage, 'sections' | 'settings'>): Fault[] {
  return [...unsignedChecks(sections, settings), ...mailToNobody(sections, settings)];
}

function unsignedChecks({ zones, plans }: Salvage['sections'], { checks }: Salvage['settings']): Fault[] {
  const name = checks?.zone;
  const zone = name === undefined ? undefined : lookUp(zones, name);
  if (zone === undefined || zone.signingKey !== undefined || Object.keys(plans).length === 0) return [];
  return [
    faultAt(
      ['checks', 'zone'],
      'reports of checks are signed, and this zone has no signingKey',
      `make one on its worker with \`ssh-keygen -t ed25519 -N '' -C holdfast-${name} -f holdfast-${name}\`, or name another zone`,
    ),
  ];
}

function mailToNobody({ people }: Salvage['sections'], { notifications }: Salvage['settings']): Fault[] {
  if (notifications === undefined) return [];
  return Object.entries(notifications.channels).flatMap(([name, channel]) => {
    if (channel.kind !== 'email') return [];
    const at = ['notifications', 'channels', name];
    const unreached = (channel.roles ?? []).flatMap((role, index) => {
      const holders = Object.values(people).filter(({ roles }) => roles.includes(role));
      if (holders.length === 0 || holders.some(({ email }) => email !== undefined)) return [];
      return [
        faultAt(
          [...at, 'roles', index],
          'nobody with this role has an e-mail address',
          'give one to somebody under `people`, or write the address under `to`',
        ),
      ];
    });
    if (notifications.mail !== undefined) return unreached;
    return [
      ...unreached,
      faultAt(
        at,
        'mails need a mail server, and there is none',
        'add `mail: { host: mail.example.org, from: holdfast@example.org }` beside `channels`',
      ),
    ];
  });
}
