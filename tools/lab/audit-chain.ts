import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { Signer } from '../../policy/resolved.ts';
import {
  type ChainName,
  type Entry,
  entryBytes,
  headBytes,
  type RecordedEvent,
  type Statement,
  sha256,
  statementBytes,
} from '../../repository/audit/entry.ts';
import { chainFolder, headsFolder, keyOfNumber } from '../../repository/audit/layout.ts';

/** Signs heads as ssh-keygen does, in this process: a long chain has too many for one process each. */
export type HeadSigner = { signer: Signer; sign(bytes: Uint8Array, namespace?: string): string };

const ed25519 = 'ssh-ed25519';

/** A new ed25519 key, and signatures by it in OpenSSH's form (PROTOCOL.sshsig). */
export function makeHeadSigner(name: string): HeadSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const blob = Buffer.concat([string(ed25519), string(raw)]);
  return {
    signer: { name, publicKey: `${ed25519} ${blob.toString('base64')}` },
    sign: (bytes, namespace = 'holdfast-audit') => {
      const scope = Buffer.concat([string(namespace), string(''), string('sha512')]);
      const hashed = string(createHash('sha512').update(bytes).digest());
      const signature = sign(null, Buffer.concat([Buffer.from('SSHSIG'), scope, hashed]), privateKey);
      const inner = string(Buffer.concat([string(ed25519), string(signature)]));
      const whole = [Buffer.from('SSHSIG'), Buffer.from([0, 0, 0, 1]), string(blob), scope, inner];
      return armored(Buffer.concat(whole));
    },
  };
}

function string(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function armored(blob: Buffer): string {
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
}

/** An object of an audit repository. */
export type ChainFile = { key: string; bytes: Uint8Array };

const start = Date.parse('2026-11-21T02:00:00.000Z');

/** The nth event of a made-up history: backups of one plan, a second apart. */
export function madeUpEvent(number: number): RecordedEvent {
  return {
    id: `backup/shop-daily-${number}/r/1`,
    action: 'backup.created',
    subject: `shop/20261121T010000Z-${String(number).padStart(8, '0')}`,
    outcome: 'done',
    at: new Date(start + number * 1000).toISOString(),
    workflowId: `backup/shop-daily-${number}`,
    runId: '8f0c6f0e-6f0e-4f0e-8f0e-6f0e8f0c6f0e',
    hash: sha256(Buffer.from(String(number))),
    facts: { bytes: 368_000_000, copies: 2 },
  };
}

/**
 * The objects of a whole chain, in the order in which a writer puts them.
 *
 * @param batches how many entries each write has, one after another; a head follows each
 */
export function* chainFiles(
  chain: ChainName,
  batches: Iterable<number>,
  signer: HeadSigner,
): Generator<ChainFile> {
  let seq = 0;
  let previous: string | null = null;
  for (const size of batches) {
    const from = seq + 1;
    for (let each = 0; each < size; each += 1) {
      seq += 1;
      const entry: Entry = {
        format: 'holdfast-audit-entry/1',
        ...chain,
        seq,
        previous,
        recordedAt: new Date(start + seq * 1000).toISOString(),
        worker: `${chain.zone}/host/1`,
        event: madeUpEvent(seq),
      };
      const bytes = entryBytes(entry);
      previous = sha256(bytes);
      yield { key: keyOfNumber(chainFolder(chain.zone), seq), bytes };
    }
    if (previous !== null)
      yield headFile(headsFolder(chain.zone), { chain, from, seq, hash: previous }, signer);
  }
}

/** A signed head as an object of a folder of heads. */
export function headFile(
  folder: string,
  { chain, from, seq, hash }: { chain: ChainName; from: number; seq: number; hash: string },
  signer: HeadSigner,
): ChainFile {
  const statement: Statement = {
    format: 'holdfast-audit-head/1',
    ...chain,
    from,
    seq,
    hash,
    at: new Date(start + seq * 1000).toISOString(),
  };
  const head = { statement, signature: signer.sign(statementBytes(statement)) };
  return { key: keyOfNumber(folder, seq), bytes: headBytes(head) };
}
