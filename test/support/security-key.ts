import { createHash, generateKeyPairSync, sign } from 'node:crypto';

/**
 * A security key of this process: an `sk-ssh-ed25519` key whose signatures OpenSSH accepts, as OpenSSH's PROTOCOL.u2f
 * and PROTOCOL.sshsig describe them. There is no hardware in tests, and no way to touch it.
 */
export type SecurityKey = {
  /** As a .pub file holds it. */
  publicKey: string;
  /** Signs as `ssh-keygen -Y sign` does; `flags` are what the hardware says: 1 is a touch, 5 a touch and a PIN. */
  sign(text: string, options: { namespace: string; flags?: number }): string;
};

const type = 'sk-ssh-ed25519@openssh.com';
const application = 'ssh:';

export function makeSecurityKey(): SecurityKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const blob = Buffer.concat([field(type), field(raw), field(application)]);
  let uses = 0;
  return {
    publicKey: `${type} ${blob.toString('base64')}`,
    sign: (text, { namespace, flags = 1 }) => {
      uses += 1;
      const head = [field(namespace), field(''), field('sha512')];
      const message = Buffer.concat([Buffer.from('SSHSIG'), ...head, field(hash('sha512', text))]);
      const said = Buffer.concat([Buffer.from([flags]), number(uses)]);
      const touched = Buffer.concat([hash('sha256', application), said, hash('sha256', message)]);
      const signature = Buffer.concat([field(type), field(sign(null, touched, privateKey)), said]);
      return armored(
        Buffer.concat([Buffer.from('SSHSIG'), number(1), field(blob), ...head, field(signature)]),
      );
    },
  };
}

const hash = (algorithm: string, data: string | Buffer): Buffer =>
  createHash(algorithm).update(data).digest();

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(bytes.length), bytes]);
}

function armored(blob: Buffer): string {
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
}
