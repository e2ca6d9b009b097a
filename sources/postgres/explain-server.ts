import { HoldfastError } from '../../policy/errors.ts';
import { explainQuery, type Subject } from './explain.ts';

/**
 * The cause of a failed statement about databases themselves, made by a role that makes and renames them. All else as
 * `explainQuery` tells.
 */
export function explainOnServer(error: unknown, subject: Subject): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const { code, message } = partsOf(error);
  if (code === '42501')
    return new HoldfastError(
      'access-denied',
      `The server of ${subject.name} refuses what the role "${subject.user}" wants: ${message}.`,
      { hint: 'Give it the rights of docs/sql/switch-role.sql, or scratch-role.sql.', cause: error },
    );
  if (code === '3D000' && !message.includes(`"${subject.database}"`))
    return new HoldfastError('not-found', `The server of ${subject.name} says: ${message}.`, {
      hint: 'Somebody renamed or dropped it meanwhile.',
      cause: error,
    });
  return explainQuery(error, subject);
}

function partsOf(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error) };
  return { code: 'code' in error ? String(error.code) : '', message: error.message };
}
