import { describe, expect, it } from '@jest/globals';
import { run } from '../../../process/index.ts';
import { entryBytes, headBytes, statementBytes } from '../../../repository/audit/entry.ts';
import { signatureCheck } from '../../../repository/audit/head-signature.ts';
import {
  auditNamespace,
  evidenceNamespace,
  sign,
  signatureNamespace,
  verifySignature,
} from '../../../repository/signing.ts';
import { madeUpEvent, makeHeadSigner } from '../../../tools/lab/audit-chain.ts';
import { inDirectory, makeSshKey } from '../../support/keys.ts';
import { codeOf } from '../../support/store-access.ts';

const statement = {
  format: 'holdfast-audit-head/1' as const,
  organization: 'Grüne Bücher & Söhne',
  zone: 'fra',
  from: 3,
  seq: 7,
  hash: 'a'.repeat(64),
  at: '2026-11-21T02:00:00.000Z',
};
const bytes = statementBytes(statement);
const namespace = auditNamespace;

const sortedStatement =
  'import json, sys; print(json.dumps(json.load(sys.stdin)["statement"], indent=2, sort_keys=True, ensure_ascii=False))';

describe("a head's signature", () => {
  it.each(['ed25519', 'ecdsa', 'rsa'])('of ssh-keygen by an %s key counts', async (type) => {
    const { publicKey, privateKey } = await makeSshKey(type);
    const signature = await inDirectory((directory) => sign(bytes, privateKey, { directory, namespace }));
    const check = signatureCheck([makeHeadSigner('other').signer, { name: 'fra', publicKey }]);
    expect(await check(bytes, signature)).toBe('fra');
    expect(await codeOf(check(Buffer.from('other bytes'), signature))).toBe('untrusted-signature');
    expect(await codeOf(signatureCheck([])(bytes, signature))).toBe('untrusted-signature');
  });

  it('is checked here without ssh-keygen where it is ed25519, and ssh-keygen says the same', async () => {
    const { signer, sign: signHere } = makeHeadSigner('fra');
    const signature = signHere(bytes);
    expect(await verifySignature(bytes, signature, [signer], { namespace })).toBe('fra');
    const path = process.env.PATH;
    process.env.PATH = '';
    try {
      expect(await signatureCheck([signer])(bytes, signature)).toBe('fra');
    } finally {
      process.env.PATH = path;
    }
  });

  it('for another purpose never counts', async () => {
    const { publicKey, privateKey } = await makeSshKey();
    const signers = [{ name: 'fra', publicKey }];
    await inDirectory(async (directory) => {
      const asManifest = await sign(bytes, privateKey, { directory });
      expect(await codeOf(signatureCheck(signers)(bytes, asManifest))).toBe('untrusted-signature');
      const asHead = await sign(bytes, privateKey, { directory, namespace });
      expect(await codeOf(verifySignature(bytes, asHead, signers))).toBe('untrusted-signature');
    });
    await inDirectory(async (directory) => {
      const asReport = await sign(bytes, privateKey, { directory, namespace: evidenceNamespace });
      const asHead = await sign(bytes, privateKey, { directory, namespace });
      const check = signatureCheck(signers, undefined, evidenceNamespace);
      expect(await check(bytes, asReport)).toBe('fra');
      expect(await codeOf(check(bytes, asHead))).toBe('untrusted-signature');
      expect(await codeOf(signatureCheck(signers)(bytes, asReport))).toBe('untrusted-signature');
    });
    const { signer, sign: signHere } = makeHeadSigner('fra');
    const foreign = signHere(bytes, signatureNamespace);
    expect(await codeOf(signatureCheck([signer])(bytes, foreign))).toBe('untrusted-signature');
  });

  it.each(['', 'nonsense', '-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n'])(
    'that is none (%j) is refused',
    async (signature) => {
      const { signer } = makeHeadSigner('fra');
      expect(await codeOf(signatureCheck([signer])(bytes, signature))).toBe('untrusted-signature');
    },
  );

  it('is over what other tools print of the statement in its file, such as jq -S', async () => {
    const file = headBytes({ statement, signature: 'none' });
    const { stdout } = await run({ command: 'python3', args: ['-c', sortedStatement] }, { stdin: file });
    expect(stdout).toBe(Buffer.from(bytes).toString());
  });
});

describe('an entry', () => {
  it('is the same bytes whatever the order in which its parts were given', () => {
    const event = madeUpEvent(1);
    const { id, action, ...rest } = event;
    const turned = { ...rest, action, id };
    const entry = {
      format: 'holdfast-audit-entry/1' as const,
      organization: 'Example BV',
      zone: 'fra',
      seq: 1,
      previous: null,
      recordedAt: '2026-11-21T02:00:00.000Z',
      worker: 'fra/host/1',
    };
    expect(entryBytes({ event: turned, ...entry })).toEqual(entryBytes({ ...entry, event }));
  });
});
