import { manifestName, parseKey, signatureName } from './layout.ts';
import { parseMarker } from './markers.ts';
import type { StoredVersion } from './store.ts';

/** Whether a key is that of a marker that says that a removal has begun. */
export function isDeletingMarker(key: string): boolean {
  const file = parseKey(key)?.file;
  return file !== undefined && parseMarker(file)?.kind === 'deleting';
}

export function isManifest(key: string): boolean {
  return parseKey(key)?.file === manifestName;
}

/**
 * The order in which the versions of a backup go: each step only after the one before it has gone wholly. Beside each
 * is why a crash right after it, or within it, is safe.
 */
export function removalSteps(versions: readonly StoredVersion[]): StoredVersion[][] {
  const objects = versions.filter(({ kind }) => kind === 'object');
  const hiding = versions.filter(({ kind }) => kind === 'delete-marker');
  const isSignature = ({ key }: StoredVersion) => parseKey(key)?.file === signatureName;
  const isOfRemoval = ({ key }: StoredVersion) => isDeletingMarker(key);
  const steps = [
    // While a version of it is left the backup is whole; after it there is none any more (law 1), and the marker says
    // that what is left is only to be removed.
    objects.filter(({ key }) => isManifest(key)),
    // It signs what has gone.
    objects.filter(isSignature),
    // Debris beside a marker, whichever part of it is left.
    objects.filter((version) => !isManifest(version.key) && !isSignature(version) && !isOfRemoval(version)),
    // Nothing is left that the removal of a delete marker could bring back.
    hiding.filter((version) => !isOfRemoval(version)),
    // Last of all, so that whatever is left before it is known as what it is; after it there is nothing to know.
    objects.filter(isOfRemoval),
    hiding.filter(isOfRemoval),
  ];
  return steps.filter((step) => step.length > 0);
}
