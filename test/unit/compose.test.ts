import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';

/** The form of docker-compose.temporal.yml: no engine runs here, so what can be checked by reading is checked. */
const service = z.object({
  image: z.string(),
  build: z.string().optional(),
  user: z.string().optional(),
  restart: z.string(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  environment: z.record(z.string(), z.string()).default({}),
  secrets: z.array(z.string()).default([]),
  networks: z.array(z.string()),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  security_opt: z.array(z.string()),
  cap_drop: z.array(z.string()).default([]),
  healthcheck: z.object({ test: z.array(z.string()).optional(), disable: z.boolean().optional() }).optional(),
});
const named = z.record(z.string(), z.object({ internal: z.boolean().optional() }).nullable());
const compose = z
  .object({
    services: z.record(z.string(), service),
    secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
    volumes: named,
    networks: named,
  })
  .parse(parse(readFileSync('docker-compose.temporal.yml', 'utf8'), { merge: true }));
const services = Object.entries(compose.services);
const isTask = (name: string) => compose.services[name]?.restart === 'on-failure:5';
const dockerfile = readFileSync('Dockerfile', 'utf8');

describe('docker-compose.temporal.yml', () => {
  it.each(services)('pins the image of %s to a version', (_name, { image }) => {
    expect(image).toMatch(/:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
  });

  it.each(services.filter(([name]) => !isTask(name)))('checks the health of %s', (_name, { healthcheck }) => {
    expect(healthcheck?.test?.[0]).toBe('CMD');
  });

  it.each(services)('waits for what %s needs, in a state that it can reach', (_name, { depends_on }) => {
    for (const [needed, { condition }] of Object.entries(depends_on)) {
      expect(compose.services).toHaveProperty([needed]);
      expect(condition).toBe(isTask(needed) ? 'service_completed_successfully' : 'service_healthy');
    }
  });

  it.each(services)('gives %s secrets by file only', (_name, { environment, secrets }) => {
    for (const [name, value] of Object.entries(environment)) {
      if (/PASSWORD|PWD|SECRET|TOKEN/.test(name)) expect(value).toMatch(/^\/run\/secrets\//);
    }
    for (const secret of secrets) expect(compose.secrets).toHaveProperty([secret]);
  });

  it('keeps every secret in a directory that neither git nor an image holds', () => {
    for (const { file } of Object.values(compose.secrets)) expect(file).toMatch(/^\.\/secrets\/[^/]+$/);
    expect(readFileSync('.gitignore', 'utf8').split('\n')).toContain('secrets/');
    expect(readFileSync('.dockerignore', 'utf8').split('\n')).toContain('secrets');
  });

  it('uses each secret that it declares', () => {
    const used = new Set(services.flatMap(([, { secrets }]) => secrets));
    expect([...used].sort()).toEqual(Object.keys(compose.secrets).sort());
  });

  it('publishes the Web UI on loopback and nothing else', () => {
    const published = services.filter(([, { ports }]) => ports.length > 0).map(([name]) => name);
    expect(published).toEqual(['temporal-ui']);
    expect(compose.services['temporal-ui']?.ports).toEqual(['127.0.0.1:8080:8080']);
  });

  it('declares its networks, and keeps the database and the store on internal ones', () => {
    for (const [, { networks }] of services) {
      for (const network of networks) expect(compose.networks).toHaveProperty([network]);
    }
    for (const name of ['postgres', 'store']) {
      for (const network of compose.services[name]?.networks ?? []) {
        expect(compose.networks[network]?.internal).toBe(true);
      }
    }
  });

  it('keeps what must last in named volumes', () => {
    for (const [, { volumes }] of services) {
      for (const volume of volumes) expect(compose.volumes).toHaveProperty([volume.split(':')[0] ?? '']);
    }
    for (const name of ['postgres', 'store', 'worker'])
      expect(compose.services[name]?.volumes).not.toEqual([]);
  });

  it.each(services)('lets %s gain no privilege', (_name, { security_opt }) => {
    expect(security_opt).toContain('no-new-privileges:true');
  });

  it('runs the worker as the user of its image, who is not root and has no capability', () => {
    const user = /^USER (\S+)$/m.exec(dockerfile)?.[1];
    expect(user).toMatch(/^[1-9]\d{3,}:[1-9]\d{3,}$/);
    expect(compose.services.worker?.user).toBe(user);
    expect(compose.services.worker?.cap_drop).toEqual(['ALL']);
  });
});

describe('Dockerfile', () => {
  it('pins its base images, and ends with the user, an init and a health check', () => {
    for (const [, image] of dockerfile.matchAll(/^FROM (\S+)/gm))
      expect(image).toMatch(/:\d+\.\d+-bookworm-slim$/);
    expect(dockerfile).toMatch(/^ENTRYPOINT \["\/usr\/bin\/tini", "--", "holdfast"\]$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
    const lastStage = dockerfile.slice(dockerfile.lastIndexOf('FROM'));
    expect(lastStage.slice(lastStage.indexOf('USER'))).not.toMatch(/^RUN /m);
  });
});
