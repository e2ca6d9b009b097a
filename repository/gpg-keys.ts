/** What `gpg --with-colons` says of keys, and which of them can be encrypted to. Pure. */

/** A key or subkey. Times are Unix seconds; null means never. */
export type GpgPart = {
  fingerprint: string;
  created: number;
  expires: number | null;
  revoked: boolean;
  encrypts: boolean;
};

export type GpgPublicKey = GpgPart & { owner: string; disabled: boolean; subkeys: GpgPart[] };

/** A key that can be encrypted to, by exactly this part of it. */
export type Recipient = { fingerprint: string; owner: string; expires: number | null };

/** Why a key can't be encrypted to: a clause that follows its name. */
export type Unusable = { why: string };

/** Reads `gpg --with-colons --list-keys` or `--list-secret-keys`. */
export function parseKeys(listing: string): GpgPublicKey[] {
  const keys: GpgPublicKey[] = [];
  let part: GpgPart | undefined;
  for (const line of listing.split('\n')) {
    const fields = line.split(':');
    const key = keys.at(-1);
    if (fields[0] === 'pub' || fields[0] === 'sec') {
      const disabled = fields[11]?.includes('D') ?? false;
      const fresh = { ...partOf(fields), owner: 'no name', disabled, subkeys: [] };
      keys.push(fresh);
      part = fresh;
    } else if ((fields[0] === 'sub' || fields[0] === 'ssb') && key !== undefined) {
      part = partOf(fields);
      key.subkeys.push(part);
    } else if (fields[0] === 'fpr' && part?.fingerprint === '') {
      part.fingerprint = fields[9] ?? '';
    } else if (fields[0] === 'uid' && key?.owner === 'no name') {
      key.owner = unescaped(fields[9] ?? 'no name');
    }
  }
  return keys;
}

function partOf(fields: string[]): GpgPart {
  return {
    fingerprint: '',
    created: Number(fields[5] ?? 0),
    expires: fields[6] === undefined || fields[6] === '' || fields[6] === '0' ? null : Number(fields[6]),
    revoked: fields[1] === 'r',
    encrypts: fields[11]?.includes('e') ?? false,
  };
}

/** In names gpg writes colons and control characters as `\x3a`. */
function unescaped(text: string): string {
  return text.replaceAll(/\\x([0-9a-f]{2})/gi, (_, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return character < ' ' ? ' ' : character;
  });
}

/**
 * The part of a key to encrypt to: of those that are valid now, the newest, as gpg itself would choose.
 *
 * @param now Unix seconds
 */
export function recipientOf(key: GpgPublicKey, now: number): Recipient | Unusable {
  if (key.revoked) return { why: 'was revoked by its owner' };
  if (key.disabled) return { why: 'is disabled' };
  if (hasExpired(key, now)) return { why: `expired on ${dayOf(key.expires)}` };
  const able = [key, ...key.subkeys].filter((part) => part.encrypts);
  const unrevoked = able.filter((part) => !part.revoked);
  const usable = unrevoked.filter((part) => !hasExpired(part, now)).toSorted((a, b) => b.created - a.created);
  const [chosen] = usable;
  if (chosen !== undefined) {
    const ends = [key.expires, chosen.expires].filter((end) => end !== null);
    const expires = ends.length === 0 ? null : Math.min(...ends);
    return { fingerprint: chosen.fingerprint, owner: key.owner, expires };
  }
  if (able.length === 0) return { why: 'has no subkey for encryption' };
  if (unrevoked.length === 0) return { why: 'has only revoked subkeys for encryption' };
  const last = Math.max(...unrevoked.map((part) => part.expires ?? 0));
  return { why: `has no subkey for encryption since its last one expired on ${dayOf(last)}` };
}

function hasExpired(part: GpgPart, now: number): boolean {
  return part.expires !== null && part.expires <= now;
}

/** The day of a Unix time, in UTC. */
export function dayOf(seconds: number | null): string {
  return seconds === null ? 'no day' : new Date(seconds * 1000).toISOString().slice(0, 10);
}
