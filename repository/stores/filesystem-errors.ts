import { HoldfastError } from '../../policy/errors.ts';

/** The `code` of a Node system error, else null. */
export function systemCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** The one place where a file system's errors get their code and sentence. */
export function filesystemError(error: unknown, repository: string, what: string): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const code = systemCode(error);
  const failed = `Repository ${repository}: ${what} failed`;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new HoldfastError('disk-full', `${failed}: there is no space left (${code}).`, {
        hint: 'Free space there or move the repository to a larger disk.',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
      return new HoldfastError('access-denied', `${failed}: the worker's user may not do that (${code}).`, {
        hint: 'Give the directory to the user that runs the worker.',
        cause: error,
      });
    case 'EROFS':
      return new HoldfastError('access-denied', `${failed}: the file system is mounted read-only.`, {
        hint: 'If nobody mounted it so on purpose, look at the kernel log for disk errors, then mount it writable.',
        cause: error,
      });
    case 'ENOENT':
      return new HoldfastError('not-found', `${failed}: there is no such file or directory.`, {
        cause: error,
      });
    default:
      return new HoldfastError('unreachable', `${failed}: ${code ?? 'unknown error'}.`, {
        hint: 'Check the disk or the network mount, and the kernel log.',
        cause: error,
      });
  }
}

/** The file system can't give a second name to a file, which is how create-only is done. */
export function noHardLinks(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS';
}
