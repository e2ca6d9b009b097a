/** Conditions that the catalog queries share. They follow what pg_dump dumps. */

/** Schemas of users. */
export const userSchema = (namespace: string): string =>
  `${namespace}.nspname !~ '^pg_' and ${namespace}.nspname <> 'information_schema'`;

/** Not a part of an extension: `create extension` makes those. */
export const notOfExtension = (catalog: string, oid: string): string =>
  `not exists (select from pg_depend member where member.classid = '${catalog}'::regclass and member.objid = ${oid} and member.deptype = 'e')`;

/** First OID that is not of the system. */
export const firstUserOid = 16_384;
