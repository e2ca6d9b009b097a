import { describe, expect, it } from '@jest/globals';
import {
  cleaned,
  faultOf,
  missingIn,
  objectNamed,
  secretsIn,
} from '../../../activities/steps/kubectl-said.ts';

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

describe('what a cluster did not find', () => {
  const missing = 'Error from server (NotFound): deployments.apps "web" not found';
  const inFile =
    'Error from server (NotFound): error when creating "/x/all.json": namespaces "shop" not found';

  it('is told where nothing else is wrong', () => {
    expect(missingIn(missing)).toEqual([{ resource: 'deployments.apps', name: 'web' }]);
    expect(missingIn(`namespace/shop created (server dry run)\n${inFile}\n${inFile}`)).toEqual([
      { resource: 'namespaces', name: 'shop' },
      { resource: 'namespaces', name: 'shop' },
    ]);
  });

  it('is told as well by whoever finds nothing to scale', () => {
    const output = 'error: no objects passed to scale deployments.apps "web" not found';
    expect(missingIn(output)).toEqual([{ resource: 'deployments.apps', name: 'web' }]);
  });

  it.each([
    ['deployment/web', 'deployments.apps'],
    ['deploy/web', 'deployments.apps'],
    ['statefulsets.apps/web', 'statefulsets.apps'],
    ['rc/web', 'replicationcontrollers'],
    ['rollout.argoproj.io/web', 'rollouts.argoproj.io'],
  ])('is named alike, whatever word a step has for it: %s', (written, resource) => {
    expect(objectNamed(written)).toEqual({ resource, name: 'web' });
  });

  it.each([
    ['anything else is wrong', `${missing}\nError from server (Forbidden): no`],
    ['a file is missing', 'error: the path "/x" does not exist'],
    ['nothing is', 'deployment.apps/web scaled (server dry run)'],
  ])('is nothing where %s', (_, output) => {
    expect(missingIn(output)).toEqual([]);
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
