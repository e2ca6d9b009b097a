import { z } from 'zod';
import { isThisHost } from '../hosts.ts';
import { strict } from './common.ts';
import { secret } from './secret.ts';

/** Whether a user or a password is in a URL, or in what was meant for one. */
export function carriesPassword(text: string): boolean {
  return /^[^/]*:\/\/[^/]*@/.test(text) || /^[^/]+:[^/]*@/.test(text);
}

/** Addresses whose path or query is all that it takes to write to somebody's channel. */
const secretAddresses = [
  /^hooks\.slack\.com\/./,
  /^(?:canary\.|ptb\.)?discord(?:app)?\.com\/api\/webhooks\/./,
  /\.webhook\.office\.com\/./,
  /\.logic\.azure\.com\b/,
  /^chat\.googleapis\.com\/./,
];

const secretParameter = /^(?:access_?|api_?|auth_?)?(?:token|key|secret|sig|signature|password|auth)$/i;

function isSecretUrl(text: string): boolean {
  const url = parsed(text);
  if (url === null) return false;
  const address = `${url.hostname}${url.pathname}`;
  return (
    secretAddresses.some((known) => known.test(address)) ||
    [...url.searchParams.keys()].some((name) => secretParameter.test(name))
  );
}

function isHttp(text: string): boolean {
  return /^https?:$/.test(parsed(text)?.protocol ?? '') && !/\s/.test(text);
}

/** What goes over plain http can be read on its way; only what stays on the host may. */
function staysPrivate(text: string): boolean {
  const url = parsed(text);
  return url?.protocol === 'https:' || isThisHost(url?.hostname ?? '');
}

function parsed(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

const byReference = 'say where the worker finds it: { file: /absolute/path } or { env: NAME }';

const openUrl = z
  .string()
  .refine((text) => !carriesPassword(text), {
    error: `a user or password is in this URL, so it is a secret; ${byReference}`,
    abort: true,
  })
  .refine((text) => !isSecretUrl(text), {
    error: `whoever has this URL can write there, so it is a secret; ${byReference}`,
    abort: true,
  })
  .refine(isHttp, {
    error: 'this is no address of a service; write one like https://example.org/hook',
    abort: true,
  })
  .refine(staysPrivate, { error: 'plain http goes only to this host; use https' });

/** A URL to which something is sent, or where a worker finds one that is a secret. */
export const url = z.union([openUrl.transform((written) => ({ url: written })), secret]);

/** A watcher outside: a dead man's switch. @param worker whose worker finds the address where it is a secret */
export const pingBy = (worker: string) =>
  strict({ url: url.describe(`An https address, or where ${worker} finds one that is a secret.`) });

/** An address that is asked whether a service is well; it may be one inside, over plain http. */
export const checkedUrl = z
  .string()
  .max(1000, { error: 'this is too long; at most 1000 letters' })
  .refine((text) => !carriesPassword(text) && !isSecretUrl(text), {
    error: 'a user, password or token is in this URL; ask an address that needs none',
    abort: true,
  })
  .refine(isHttp, { error: 'this is no address of a service; write one like https://example.org/health' });
