import type { Signer } from '../policy/resolved.ts';
import { formatBytes } from '../policy/units.ts';
import { plaintextNameOf } from './layout.ts';
import type { Manifest, ManifestFile } from './manifest.ts';
import { allowedSigners, signatureNamespace } from './signing.ts';

export type RestoreDocumentInput = {
  manifest: Manifest;
  signers: readonly Signer[];
  /** Markdown of the source's kind: from the plaintext files to a running thing. */
  steps: string;
};

const signersBegin = "cat > allowed_signers <<'END'";

/**
 * The text of RESTORE.md: how to restore this backup with public tools only, without Holdfast. It follows from its
 * input alone, so that a repeated commit writes the same bytes.
 */
export function restoreDocument({ manifest, signers, steps }: RestoreDocumentInput): string {
  return [
    ...introduction(manifest),
    ...checking(manifest, signers),
    ...undoing(manifest),
    '## 3. Restore',
    '',
    steps.trim(),
    '',
  ].join('\n');
}

/** Whether a text is RESTORE.md but for the keys that it lists: on the day when it was written there may have been others. */
export const isSameDocument = (found: string, right: string): boolean =>
  withoutSigners(found) === withoutSigners(right);

function withoutSigners(document: string): string {
  const lines = document.split('\n');
  const begin = lines.indexOf(signersBegin);
  const end = lines.indexOf('END', begin);
  return begin < 0 || end < 0 ? document : lines.toSpliced(begin + 1, end - begin - 1).join('\n');
}

function introduction(manifest: Manifest): string[] {
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes + (file.rawBytes ?? file.bytes), 0);
  const line = (text: string) => text.replaceAll(/\s+/g, ' ');
  return [
    `# Restore ${manifest.source}, backup ${manifest.backupId}`,
    '',
    `${line(manifest.organization)} made this backup with Holdfast (plan ${manifest.plan}). It shows the data of`,
    `${manifest.dataTime}, from a ${manifest.kind} server of version ${line(manifest.server)}. Holdfast is not needed to restore it.`,
    '',
    `Copy this directory to a place with at least ${formatBytes(bytes)} free, go there, and type the commands into bash.`,
    'Stop at the first that fails: what it has written until then is worth nothing.',
    '',
  ];
}

function checking(manifest: Manifest, signers: readonly Signer[]): string[] {
  return [
    '## 1. Check that nothing was changed',
    '',
    'Compare these keys with your policy or another place that you trust: whoever could change this directory could',
    'change this file too.',
    '',
    ...shell(
      signersBegin,
      allowedSigners(signers).trimEnd(),
      'END',
      'signer=$(ssh-keygen -Y find-principals -f allowed_signers -s manifest.json.sig)',
      `ssh-keygen -Y verify -f allowed_signers -I "$signer" -n ${signatureNamespace} -s manifest.json.sig < manifest.json`,
    ),
    'The files, by the sums that are also in manifest.json:',
    '',
    ...shell(
      "sha256sum --check --strict <<'END'",
      ...manifest.files.map((file) => `${file.sha256}  ${file.name}`),
      'END',
    ),
  ];
}

function undoing(manifest: Manifest): string[] {
  const commands = manifest.files.flatMap((file) => undoCommand(file) ?? []);
  if (commands.length === 0) return [];
  return [
    '## 2. Decrypt and decompress',
    '',
    ...keyNotes(manifest),
    ...shell('set -o pipefail', ...commands),
  ];
}

function keyNotes({ key, files }: Manifest): string[] {
  const stages = files.flatMap((file) => file.stages);
  if (stages.includes('gpg'))
    return [`You need the private key that your policy calls ${key}: \`gpg --import\` it first.`, ''];
  if (stages.includes('gpg-symmetric'))
    return [`gpg asks for the passphrase that your policy calls ${key}.`, ''];
  return [];
}

/** The command that gives a file's plaintext, under its name without what the pipeline added; null when it is that. */
function undoCommand(file: ManifestFile): string | null {
  const plain = plaintextNameOf(file.name);
  const encrypted = file.stages.includes('gpg') || file.stages.includes('gpg-symmetric');
  const compressed = file.stages.includes('zstd');
  if (encrypted && compressed) return `gpg --decrypt ${file.name} | zstd --decompress --long=31 -o ${plain}`;
  if (encrypted) return `gpg --output ${plain} --decrypt ${file.name}`;
  return compressed ? `zstd --decompress --long=31 -o ${plain} ${file.name}` : null;
}

function shell(...lines: string[]): string[] {
  return ['```sh', ...lines, '```', ''];
}
