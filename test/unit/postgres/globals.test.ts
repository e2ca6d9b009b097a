import { expect, it } from '@jest/globals';
import { scratchGlobals } from '../../../sources/postgres/restore.ts';

it("keeps roles, and leaves out tablespaces and what would change the scratch server's superuser", () => {
  const script = [
    '\\restrict abc',
    'CREATE ROLE app;',
    'ALTER ROLE app WITH NOSUPERUSER LOGIN;',
    'CREATE ROLE postgres;',
    "ALTER ROLE postgres WITH SUPERUSER PASSWORD 'SCRAM-SHA-256$…';",
    "ALTER ROLE postgres SET search_path TO 'x';",
    'CREATE ROLE postgres_exporter;',
    "CREATE TABLESPACE fast OWNER app LOCATION '/fast';",
    'GRANT CREATE ON TABLESPACE fast TO app;',
    'GRANT app TO other GRANTED BY postgres;',
  ];
  expect(scratchGlobals(script.join('\n')).split('\n')).toEqual([
    '\\restrict abc',
    'CREATE ROLE app;',
    'ALTER ROLE app WITH NOSUPERUSER LOGIN;',
    'CREATE ROLE postgres_exporter;',
    'GRANT app TO other GRANTED BY postgres;',
  ]);
});
