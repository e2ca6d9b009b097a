const censor = '[redacted]';

/** A secret shorter than this would take whole words away, and be found by its gaps. */
const shortest = 4;

/**
 * Text that a command printed, fit for a report: without the secrets that it was given, in any of the forms in which
 * programs print them, without passwords in URLs, and without control characters.
 */
export function redact(text: string, secrets: readonly string[]): string {
  const forms = secrets
    .flatMap((secret) => [secret, ...secret.split(/\r?\n/)])
    .map(printable)
    .filter((secret) => secret.trim().length >= shortest)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString('base64'),
    ])
    // The longest first: what one form leaves of another would tell.
    .sort((a, b) => b.length - a.length);
  // First: what stands between its parts would hide a secret, and show it once it is taken away.
  let clean = printable(text);
  for (const form of forms) clean = clean.replaceAll(form, censor);
  return clean
    .replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi, `$1:${censor}@`)
    .replaceAll(/(\b(?:password|passwd|pwd|secret|token|api[_-]?key)\s*[=:]\s*)(?!\[)\S+/gi, `$1${censor}`);
}

const printable = (text: string): string => text.replaceAll(/(?![\n\t])\p{Cc}/gu, '');
