import { describe, expect, it } from '@jest/globals';
import { explainOnServer } from '../../../sources/postgres/explain-server.ts';

const subject = { name: 'dev', host: 'db', port: 5432, database: 'postgres', user: 'scratch' };
const failed = (code: string, message: string) => Object.assign(new Error(message), { code });

describe('explainOnServer', () => {
  it.each([
    ['42501', 'permission denied to create database', 'access-denied', 'docs/sql/switch-role.sql'],
    ['42501', 'must be owner of database shop', 'access-denied', 'the role "scratch" wants'],
    ['3D000', 'database "shop" does not exist', 'not-found', 'renamed or dropped'],
    ['3D000', 'database "postgres" does not exist', 'not-found', 'has no database "postgres"'],
    ['53100', 'could not extend file', 'service-unavailable', 'run out of disk space'],
    ['57P01', 'terminating connection', 'unreachable', 'does not answer'],
  ])('tells %s, %s', (code, message, expected, sentence) => {
    expect(explainOnServer(failed(code, message), subject)).toMatchObject({
      code: expected,
      sentence: expect.stringContaining(sentence),
    });
  });
});
