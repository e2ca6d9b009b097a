import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { redact } from '../../../process/redact.ts';

describe('redacted text', () => {
  it('has a secret in none of the forms in which programs print it', () => {
    const secret = 'p@ss"word/1&2';
    const forms = [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret),
      Buffer.from(secret).toString('base64'),
    ];
    const clean = redact(forms.join('\n'), [secret]);
    expect(clean).toBe('[redacted]\n[redacted]\n"[redacted]"\n[redacted]');
  });

  it('has no password of a URL, nor what stands behind such a name', () => {
    expect(redact('psql: postgres://shop:hunter2@db/shop failed', [])).toBe(
      'psql: postgres://shop:[redacted]@db/shop failed',
    );
    expect(redact('PASSWORD=hunter2 token: abc user=shop', [])).toBe(
      'PASSWORD=[redacted] token: [redacted] user=shop',
    );
  });

  it('has no line of a secret of several lines, and no control characters', () => {
    const key = '-----BEGIN KEY-----\nAAAABBBB\n-----END KEY-----';
    expect(redact(`line AAAABBBB \u001b[31mred\n\ttab`, [key])).toBe('line [redacted] [31mred\n\ttab');
  });

  it('hides no secret behind control characters', () => {
    expect(redact('hun\u0000ter2', ['hunter2'])).toBe('[redacted]');
    expect(redact('hunter2', ['hun\u0007ter2'])).toBe('[redacted]');
  });

  it('leaves words alone that are not secret, also where a secret is empty', () => {
    expect(redact('no rows in orders', ['', ' ', 'a'])).toBe('no rows in orders');
  });

  it('never has a secret of four characters or more', () => {
    const word = fc.string({ minLength: 4, maxLength: 20 }).filter((text) => text.trim().length >= 4);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), fc.array(fc.string()), (secrets, texts) => {
        fc.pre(secrets.every((secret) => !'[redacted]'.includes(secret)));
        const printed = texts
          .flatMap((text, index) => [text, secrets[index % secrets.length] ?? ''])
          .join(' ');
        const clean = redact(printed, secrets);
        for (const secret of secrets) expect(clean.replaceAll('[redacted]', '\u0000')).not.toContain(secret);
      }),
    );
  });
});
