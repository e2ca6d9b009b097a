import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Person } from '../../../policy/resolved.ts';
import { checkPersonSignature } from '../../../repository/person-signature.ts';
import { sign } from '../../../repository/signing.ts';
import { readSshSignature } from '../../../repository/ssh-signature.ts';
import { inDirectory, makeSshKey } from '../../support/keys.ts';
import { makeSecurityKey } from '../../support/security-key.ts';

const namespace = 'holdfast-approval';
const text = 'holdfast-approval/1\nworkflow: deletion/1\n';
const token = makeSecurityKey();
let plain: Awaited<ReturnType<typeof makeSshKey>>;
let person: Person;

beforeAll(async () => {
  plain = await makeSshKey();
  person = { name: 'dba-1', roles: ['approver'], sshKeys: [plain.publicKey, `${token.publicKey} yubikey`] };
});

const signed = (body: string, purpose = namespace) =>
  inDirectory((directory) => sign(Buffer.from(body), plain.privateKey, { directory, namespace: purpose }));

describe("a person's signature", () => {
  it('holds when one of the keys made it over this text for this purpose', async () => {
    expect(await checkPersonSignature(text, await signed(text), person, namespace)).toMatchObject({
      holds: true,
      fingerprint: expect.stringMatching(/^SHA256:[A-Za-z0-9+/]{43}$/),
      signature: { keyType: 'ssh-ed25519', hardware: null },
    });
  });

  it('holds from a security key, and tells of the touch', async () => {
    const touched = token.sign(text, { namespace });
    expect(await checkPersonSignature(text, touched, person, namespace)).toMatchObject({
      holds: true,
      signature: { hardware: { userPresent: true, userVerified: false, counter: 1 } },
    });
    const untouched = token.sign(text, { namespace, flags: 0 });
    expect(await checkPersonSignature(text, untouched, person, namespace)).toMatchObject({
      holds: true,
      signature: { hardware: { userPresent: false } },
    });
  });

  it('does not hold over another text', async () => {
    const check = await checkPersonSignature(`${text}more\n`, await signed(text), person, namespace);
    expect(check).toEqual({ holds: false, sentence: expect.stringContaining('does not fit') });
  });

  it('does not hold for another purpose', async () => {
    const check = await checkPersonSignature(text, await signed(text, 'git'), person, namespace);
    expect(check).toEqual({ holds: false, sentence: expect.stringContaining('made for git') });
  });

  it('does not hold by the key of somebody else', async () => {
    const other = { ...person, name: 'dba-2', sshKeys: [(await makeSshKey()).publicKey] };
    const check = await checkPersonSignature(text, await signed(text), other, namespace);
    expect(check).toEqual({ holds: false, sentence: expect.stringContaining('is not one of dba-2') });
  });

  it('does not hold when its key is swapped for one of the person', async () => {
    const mine = readSshSignature(await signed(text))?.publicKey;
    const foreign = await makeSshKey();
    const theirs = await inDirectory((directory) =>
      sign(Buffer.from(text), foreign.privateKey, { directory, namespace }),
    );
    const blob = Buffer.from(theirs.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64');
    const their = readSshSignature(theirs)?.publicKey;
    if (mine === undefined || their === undefined) throw new Error('the signatures can be read');
    blob.set(mine, blob.indexOf(their));
    const forged = `-----BEGIN SSH SIGNATURE-----\n${blob.toString('base64')}\n-----END SSH SIGNATURE-----\n`;
    const check = await checkPersonSignature(text, forged, person, namespace);
    expect(check).toEqual({ holds: false, sentence: expect.stringContaining('does not fit') });
  });

  it.each(['', 'yes', '-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----'])(
    'is none: %j',
    async (garbage) => {
      const check = await checkPersonSignature(text, garbage, person, namespace);
      expect(check).toEqual({ holds: false, sentence: expect.stringContaining('no SSH signature') });
    },
  );

  it('is none with more behind it', () => {
    const body = token.sign(text, { namespace }).replaceAll(/-----[A-Z ]+-----|\s/g, '');
    const longer = Buffer.concat([Buffer.from(body, 'base64'), Buffer.from([0])]).toString('base64');
    expect(
      readSshSignature(`-----BEGIN SSH SIGNATURE-----\n${longer}\n-----END SSH SIGNATURE-----`),
    ).toBeNull();
  });

  it('can be cut anywhere without being read past its end', () => {
    const body = token.sign(text, { namespace }).replaceAll(/-----[A-Z ]+-----|\s/g, '');
    const blob = Buffer.from(body, 'base64');
    for (let length = 0; length < blob.length; length += 1) {
      const cut = blob.subarray(0, length).toString('base64');
      expect(
        readSshSignature(`-----BEGIN SSH SIGNATURE-----\n${cut}\n-----END SSH SIGNATURE-----`),
      ).toBeNull();
    }
  });
});
