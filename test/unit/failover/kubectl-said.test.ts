import { describe, expect, it } from '@jest/globals';
import { cleaned, faultOf, secretsIn } from '../../../activities/steps/kubectl-said.ts';

const ended = (output: string, more = {}) => ({
  exitCode: 1,
  signal: null,
  expired: false,
  seconds: 60,
  output,
  ...more,
});

describe('what kubectl printed', () => {
  it('is told without the change that it could not make, and without what its library logs', () => {
    const output = [
      'configmap/a created',
      'Error from server (Forbidden): error when applying patch:',
      '{"data":{"password":"aHVudGVyMg=="}}',
      'to:',
      'Resource: "/v1, Resource=secrets"',
      'E1121 23:00:00.000000   123 reflector.go:1] "Failed to watch"',
    ].join('\n');
    expect(cleaned({ output, cut: false }, [])).toBe(
      'configmap/a created\nError from server (Forbidden): error when applying patch:\n{…}\nto:\nResource: "/v1, Resource=secrets"',
    );
  });

  it('is told from the first whole line on, where its front is gone', () => {
    expect(cleaned({ output: 'GVyMg=="}}\nto:\n', cut: true }, [])).toBe('to:');
    expect(cleaned({ output: 'no end of it', cut: true }, [])).toBe('');
  });

  it('is what its library logs, where there is nothing else', () => {
    const logged = 'E1121 23:00:00.000000   123 memcache.go:1] "Unhandled Error"';
    expect(cleaned({ output: logged, cut: false }, [])).toBe(logged);
  });

  it('has nothing secret of the kubeconfig, in whatever form that is written', () => {
    const yaml =
      'users:\n- name: dr\n  user:\n    token: abc.def-1\n    password: "p w"\n    client-key-data: S0VZ\n';
    expect(secretsIn(yaml)).toEqual(['abc.def-1', 'p w', 'S0VZ']);
    expect(secretsIn('{"user":{"token":"abc.def-1"}}')).toEqual(['abc.def-1']);
    expect(secretsIn("users: [{ name: a, user: { token: 'x.y', client-key-data: S0VZ } }]")).toEqual([
      'x.y',
      'S0VZ',
    ]);
    expect(cleaned({ output: 'value "abc.def-1"', cut: false }, secretsIn(yaml))).toBe('value "[redacted]"');
  });
});

describe('a kubectl that did not end well', () => {
  it.each([
    ['error: context "x" does not exist', 'bad-policy'],
    ['error: You must be logged in to the server (Unauthorized)', 'authentication-failed'],
    ['error: the path "/x" does not exist', 'not-found'],
    [`error: the server doesn't have a resource type "x"`, 'not-found'],
    ['Error from server (Forbidden): pods "x" is forbidden: exceeded quota: small', 'refused'],
    ['Unable to connect to the server: context deadline exceeded', 'unreachable'],
    ['error: something else', 'process-failed'],
  ])('%s: %s', (said, code) => {
    expect(faultOf(ended(said), 'dr')).toMatchObject({
      code,
      message: `kubectl ended with exit status 1: ${said} (context dr).`,
    });
  });

  it('was killed after its time', () => {
    expect(faultOf(ended('', { expired: true, exitCode: null }))).toMatchObject({
      code: 'stalled',
      message: 'kubectl did not end within 60 seconds, and was killed.',
    });
  });
});
