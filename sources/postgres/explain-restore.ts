import { HoldfastError } from '../../policy/errors.ts';

/**
 * What a failed restore means. A host that lacks an extension, or tools that are too old, say nothing about the
 * backup: it could not be tested. Errors of other stages pass through.
 *
 * @param server the declared server that was restored on; absent: a private one on this worker
 */
export function explainRestore(error: unknown, server?: string): unknown {
  if (!(error instanceof HoldfastError) || error.code !== 'process-failed') return error;
  if (/tar: .*(Unexpected EOF|not look like a tar archive)/.test(error.message))
    return new HoldfastError('corrupt-copy', 'The dump ends too early: its tar archive is cut short.', {
      cause: error,
    });
  const said = /pg_restore: (?:error|\[[^\]]*\]|while)[\s\S]*/.exec(error.message)?.[0];
  if (said === undefined) return error;
  const cause = { cause: error };
  const extension =
    /extension "([^"]+)" is not available|extension control file ".*\/([^/"]+)\.control"/.exec(said);
  if (extension !== null)
    return new HoldfastError(
      'tool-missing',
      `The backup could not be tested: ${server === undefined ? 'this worker' : `the server ${server}`} has no extension "${extension[1] ?? extension[2]}".`,
      {
        ...cause,
        hint:
          server === undefined
            ? 'Install the extension where the worker finds its PostgreSQL server.'
            : 'Install the extension on that server.',
      },
    );
  if (/must be loaded via "?shared_preload_libraries|could not access file ".*": No such file/.test(said))
    return new HoldfastError(
      'tool-missing',
      `The backup could not be tested: a library is missing here. ${tail(said)}`,
      {
        ...cause,
        hint: 'Install the extensions of the source on this worker.',
      },
    );
  if (/unsupported version|unrecognized configuration parameter/.test(said))
    return new HoldfastError(
      'version-mismatch',
      `The backup could not be tested with these tools: ${tail(said)}`,
      {
        ...cause,
        hint: "Install a PostgreSQL server of the backup's major version or newer on this worker.",
      },
    );
  if (
    /did not find magic string|unexpected end of file|could not read from input file|appears to be a text format|could not uncompress/.test(
      said,
    )
  )
    return new HoldfastError('corrupt-copy', `The dump can't be read: ${tail(said)}`, cause);
  if (/No space left on device|could not extend file/.test(said))
    return new HoldfastError('disk-full', `The scratch place has no space left: ${tail(said)}`, {
      ...cause,
      hint:
        server === undefined
          ? 'Set HOLDFAST_SCRATCH_DIR to a larger disk.'
          : `Make room on the server ${server}.`,
    });
  if (
    server !== undefined &&
    /permission denied|must be (owner|member|superuser|able to SET ROLE)/i.test(said)
  )
    return new HoldfastError('access-denied', `The server ${server} does not let us restore: ${tail(said)}`, {
      ...cause,
      hint: 'Grant the role what docs/sql says for it.',
    });
  if (/server closed the connection|terminating connection/.test(said)) return error;
  if (server !== undefined && /role "[^"]*" does not exist/.test(said))
    return new HoldfastError(
      'not-found',
      `The server ${server} lacks a role that the data needs: ${tail(said)}`,
      {
        ...cause,
        hint: 'Create the role there, as it was when the backup was made.',
      },
    );
  if (/role "[^"]*" does not exist/.test(said))
    return new HoldfastError('mismatch', `The backup lacks a role that its data needs: ${tail(said)}`, {
      ...cause,
      hint: "Set the source's `globals` to `without-passwords`, so that backups hold the roles.",
    });
  return new HoldfastError('mismatch', `The backup can't be restored: ${tail(said)}`, cause);
}

function tail(said: string): string {
  return said
    .replace(/^pg_restore: error: /, '')
    .replace(/Command was:[\s\S]*$/, '')
    .trim()
    .slice(0, 500);
}
