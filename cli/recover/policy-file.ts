import { isAlias, parseDocument, visit } from 'yaml';
import type { PublicKeys } from '../../policy/key-files.ts';

/**
 * A policy's text with the public keys in it that it named by paths, so that the file is enough by itself. What stands
 * around them stays as it was written, unless the policy uses aliases: then it is written anew.
 */
export function withKeysInside(text: string, keys: PublicKeys): string {
  const document = parseDocument(text, { logLevel: 'silent' });
  let aliases = false;
  visit(document, (_, node) => {
    if (isAlias(node)) aliases = true;
  });
  const written = aliases ? parseDocument(JSON.stringify(document.toJS())) : document;
  const put = (path: readonly string[], value: unknown) => {
    if (written.hasIn(path)) written.setIn(path, written.createNode(value));
  };
  for (const [name, key] of Object.entries(keys.signers)) put(['signers', name], key);
  for (const [name, own] of Object.entries(keys.people)) put(['people', name, 'sshKeys'], own);
  for (const [name, own] of Object.entries(keys.recipients)) put(['keys', name, 'gpg', 'recipients'], own);
  return written.toString({ lineWidth: 0 });
}
