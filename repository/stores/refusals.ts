import { HoldfastError } from '../../policy/errors.ts';

/** Objects up to this many bytes may be read whole into memory. */
export const smallObjectLimit = 64 * 2 ** 20;

export function alreadyExists(repository: string, key: string): HoldfastError {
  return new HoldfastError('already-exists', `Repository ${repository} has ${key} already.`, {
    hint: 'Holdfast never replaces a file: look at what is there.',
  });
}

export function noSuchObject(repository: string, key: string): HoldfastError {
  return new HoldfastError('not-found', `Repository ${repository} has no ${key}.`);
}

export function tooLarge(repository: string, key: string): HoldfastError {
  return new HoldfastError('bad-usage', `Repository ${repository}: ${key} is too large to be read whole.`, {
    hint: 'It is not one of the small files that Holdfast writes under such a name.',
  });
}
