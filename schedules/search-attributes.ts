import { type Client, type Connection, isGrpcServiceError } from '@temporalio/client';
import { HoldfastError } from '../policy/errors.ts';
import { searchAttributeNames } from '../workflows/contract.ts';

/** Temporal's number for an indexed value of type Keyword. */
const keyword = 2;

/** Names of our search attributes that the namespace lacks, or has with another type than Keyword. */
export async function missingSearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return searchAttributeNames.filter((name) => customAttributes?.[name] !== keyword);
}

/**
 * Adds the search attributes that our schedules and workflows carry; returns the names that were added.
 *
 * @throws HoldfastError `access-denied` with the commands to run when the server lets only an operator do it, as
 *   Temporal Cloud does.
 */
export async function ensureSearchAttributes(client: Client, connection: Connection): Promise<string[]> {
  const { namespace } = client.options;
  let missing: string[] = [...searchAttributeNames];
  try {
    missing = await missingSearchAttributes(connection, namespace);
    if (missing.length === 0) return [];
    const searchAttributes = Object.fromEntries(missing.map((name) => [name, keyword]));
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    return missing;
  } catch (cause) {
    if (isGrpcServiceError(cause) && refusals.has(cause.code)) throw notAllowed(namespace, missing, cause);
    throw cause;
  }
}

/** PERMISSION_DENIED, UNIMPLEMENTED and INVALID_ARGUMENT: how servers say that this is not for us to do. */
const refusals: ReadonlySet<number> = new Set([3, 7, 12]);

function notAllowed(namespace: string, missing: string[], cause: Error): HoldfastError {
  const self = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
  const cloud = missing.map((name) => `--sa "${name}=Keyword"`).join(' ');
  return new HoldfastError(
    'access-denied',
    `The namespace ${namespace} lacks the search attributes ${missing.join(', ')}, and Temporal does not let us add them.`,
    {
      hint: `Ask an operator to run \`temporal operator search-attribute create --namespace ${namespace} ${self}\`; in Temporal Cloud \`tcld namespace search-attributes add --namespace ${namespace} ${cloud}\`, or add them in its Web UI under the namespace's settings.`,
      cause,
    },
  );
}
