import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { askDns } from '../../../activities/steps/dns-ask.ts';
import { seeRecord, setRecord } from '../../../activities/steps/dns-record.ts';
import { dnsUpdate } from '../../../activities/steps/dns-update.ts';
import type { DnsRecord, NameServer, StepOf } from '../../../policy/resolved-failover.ts';
import {
  type BindResolver,
  type BindServer,
  startBind,
  startBindResolver,
} from '../../../tools/servers/index.ts';
import type { StepRun } from '../../../workflows/contract-failover-steps.ts';
import { aRun, aStep } from '../../support/steps.ts';
import { workAt } from '../../support/work.ts';

let home: string;
let bind: BindServer;
let resolver: BindResolver;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-dns-step-'));
  bind = await startBind({
    records: [
      'repeated 2 IN A 192.0.2.1',
      'raced 2 IN A 192.0.2.1',
      'cached 2 IN A 192.0.2.1',
      'slow 300 IN A 192.0.2.1',
      'back 2 IN A 192.0.2.1',
      'back 2 IN A 192.0.2.2',
      'drilled 2 IN A 192.0.2.1',
      'drill 2 IN A 192.0.2.3',
      'changed 2 IN A 192.0.2.1',
      'alias 2 IN CNAME old.example.org.',
      'fault 2 IN A 192.0.2.1',
    ],
  });
  resolver = await startBindResolver(bind);
  await writeFile(join(home, 'key'), `${bind.key.secret}\n`);
  await writeFile(join(home, 'reader'), bind.reader.secret);
});
afterAll(async () => {
  await resolver?.stop();
  await bind?.stop();
  await rm(home, { recursive: true, force: true });
});

const serverOf = (more: Partial<NameServer> = {}): NameServer => ({
  name: 'primary',
  zone: 'fra',
  host: bind.host,
  port: bind.port,
  domain: bind.domain,
  tsig: { key: bind.key.key, algorithm: bind.key.algorithm, secret: { file: join(home, 'key') } },
  resolvers: [],
  ...more,
});

const recordOf = (name: string, more: Partial<DnsRecord> = {}): DnsRecord => ({
  server: serverOf(),
  record: `${name}.example.org`,
  type: 'A',
  ...more,
});

const step = (of: DnsRecord, more: Partial<StepOf<'dns.update'>> = {}): StepOf<'dns.update'> => ({
  ...aStep('dns'),
  do: 'dns.update',
  of,
  value: '198.51.100.7',
  ttl: 30,
  ...more,
});

const carryOut = (of: StepOf<'dns.update'>, run: StepRun = aRun()) =>
  dnsUpdate.carryOut(of, run, workAt(home));
const look = (of: StepOf<'dns.update'>, run: StepRun = aRun()) => dnsUpdate.look(of, run, workAt(home));
const undo = (of: StepOf<'dns.update'>, run: StepRun = aRun()) => dnsUpdate.undo(of, run, workAt(home));

describe('a DNS update', () => {
  it('is made once, and found made when it is repeated', async () => {
    const of = step(recordOf('repeated'));
    const before = await bind.serial();
    const seen = await look(of);
    expect(seen.findings).toEqual([expect.objectContaining({ outcome: 'ok' })]);
    expect(await bind.serial()).toBe(before);

    const first = await carryOut(of);
    expect(await bind.lookUp('repeated.example.org', 'A')).toEqual(['198.51.100.7']);
    expect(await bind.serial()).toBe(before + 1);
    expect(first.results).toContainEqual({ name: 'value before', value: '192.0.2.1' });

    // As after a worker's death: what was seen right before is all that is known of the time before.
    const again = await carryOut(of, aRun({ results: { dns: seen.facts } }));
    expect(await bind.serial()).toBe(before + 1);
    expect(again.sentence).toContain('was so already');
    expect(again.results).toEqual(first.results);
    expect((await dnsUpdate.check(of, aRun(), workAt(home))).exceptions).toEqual([]);
  });

  it('is made once by attempts that overlap', async () => {
    const before = await bind.serial();
    await Promise.all(Array.from({ length: 4 }, () => carryOut(step(recordOf('raced')))));
    expect(await bind.serial()).toBe(before + 1);
  });

  it('waits until resolvers give the new answer', async () => {
    const at = `127.0.0.1:${resolver.port}`;
    const of = step(recordOf('cached', { server: serverOf({ resolvers: [at] }) }));
    // The resolver keeps the old answer for two seconds.
    expect((await look(of)).findings.map(({ outcome }) => outcome)).toEqual(['ok']);
    const { sentence } = await carryOut(of);
    expect(sentence).toContain('the name server and 1 resolver answer so');
    const asked = { name: 'cached.example.org', type: 'A', recurse: true };
    const { records } = await askDns({ host: '127.0.0.1', port: resolver.port }, asked, workAt(home));
    expect(records.map(({ value }) => value)).toEqual(['198.51.100.7']);
  });

  it('says who still gives the old answer, and until when', async () => {
    const at = `127.0.0.1:${resolver.port}`;
    const of = step(recordOf('slow', { server: serverOf({ resolvers: [at] }) }), { timeout: 7 });
    const seen = await look(of);
    expect(seen.findings.map(({ outcome }) => outcome)).toEqual(['ok', 'warning']);
    expect(seen.findings[1]?.sentence).toContain('for 300 seconds');
    await expect(carryOut(of)).rejects.toMatchObject({
      code: 'stalled',
      message: expect.stringMatching(
        /is set, but 127\.0\.0\.1:\d+ answers 192\.0\.2\.1, for at most 29\d seconds more/,
      ),
    });
    expect(await bind.lookUp('slow.example.org', 'A')).toEqual(['198.51.100.7']);
  });

  it('is taken back to all that was there, and not over what somebody else set', async () => {
    const of = step(recordOf('back'));
    expect(await undo(of)).toMatchObject({ outcome: 'nothing-to-undo' });
    const { results } = await carryOut(of);
    expect(await undo(of)).toMatchObject({ outcome: 'not-undoable' });
    const run = aRun({ results: { dns: results } });
    expect(await undo(of, run)).toMatchObject({ outcome: 'undone' });
    expect(await bind.lookUp('back.example.org', 'A')).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(await undo(of, run)).toMatchObject({ outcome: 'undone' });
    await carryOut({ ...of, value: '203.0.113.1' });
    expect(await undo(of, run)).toMatchObject({ outcome: 'not-undoable' });
    expect(await bind.lookUp('back.example.org', 'A')).toEqual(['203.0.113.1']);
  });

  it('removes what it made where nothing was before', async () => {
    const of = step(recordOf('new'));
    const { results } = await carryOut(of);
    expect(await bind.lookUp('new.example.org', 'A')).toEqual(['198.51.100.7']);
    expect(await undo(of, aRun({ results: { dns: results } }))).toMatchObject({ outcome: 'undone' });
    expect(await bind.lookUp('new.example.org', 'A')).toEqual([]);
  });

  it('points an alias elsewhere, and refuses an address beside it', async () => {
    const alias = recordOf('alias', { type: 'CNAME' });
    await carryOut(step(alias, { value: 'DR.example.org' }));
    expect(await bind.lookUp('alias.example.org', 'CNAME')).toEqual(['dr.example.org.']);
    await expect(carryOut(step(recordOf('alias')))).rejects.toMatchObject({
      code: 'refused',
      message: 'alias.example.org has a CNAME record, beside which no A can be.',
    });
  });

  it('changes nothing in a drill but a record for drills', async () => {
    const run = aRun({ mode: 'drill' });
    const before = await bind.serial();
    const bare = step(recordOf('drilled'));
    const report = await carryOut(bare, run);
    expect(report.exceptions).toEqual([
      'Simulated: primary would take the update of drilled.example.org; nothing was changed.',
    ]);
    await dnsUpdate.check(bare, run, workAt(home));
    await undo(bare, run);
    expect(await bind.serial()).toBe(before);

    const rehearsed = step(recordOf('drilled'), { drill: recordOf('drill') });
    const { results } = await carryOut(rehearsed, run);
    expect(await bind.lookUp('drill.example.org', 'A')).toEqual(['198.51.100.7']);
    expect(await undo(rehearsed, aRun({ mode: 'drill', results: { dns: results } }))).toMatchObject({
      outcome: 'undone',
    });
    expect(await bind.lookUp('drill.example.org', 'A')).toEqual(['192.0.2.3']);
    expect(await bind.lookUp('drilled.example.org', 'A')).toEqual(['192.0.2.1']);
  });

  const faults: [string, Partial<NameServer> | (() => Partial<NameServer>), string, string][] = [
    [
      'a key that the server does not know',
      () => ({ tsig: { ...key('stranger'), secret: { file: join(home, 'key') } } }),
      'authentication-failed',
      'does not know the TSIG key stranger',
    ],
    [
      'another secret',
      () => ({ tsig: { ...key(bind.key.key), secret: { file: join(home, 'reader') } } }),
      'authentication-failed',
      'has another secret for the TSIG key holdfast',
    ],
    [
      'a key that may change nothing',
      () => ({ tsig: { ...key('reader'), secret: { file: join(home, 'reader') } } }),
      'access-denied',
      'refuses updates by TSIG key reader',
    ],
    [
      'a secret that is none',
      () => ({ tsig: { ...key(bind.key.key), secret: { command: ['echo', 'not base64!'] } } }),
      'bad-key',
      'is not Base64',
    ],
    [
      'a domain that it does not answer for',
      { domain: 'example.com' },
      'not-found',
      'is not the primary server',
    ],
    ['a server that is down', { port: 1 }, 'unreachable', 'does not answer questions for names'],
  ];
  const key = (name: string) => ({ key: name, algorithm: 'hmac-sha256' });

  it.each(faults)('is refused with a sentence: %s', async (_what, more, code, sentence) => {
    const server = serverOf(typeof more === 'function' ? more() : more);
    const of = step(recordOf('fault', { server }));
    const before = await bind.serial();
    const { findings } = await look(of);
    expect(findings).toEqual([
      expect.objectContaining({ outcome: 'fault', sentence: expect.stringContaining(sentence) }),
    ]);
    await expect(carryOut(of)).rejects.toMatchObject({ code, message: expect.stringContaining(sentence) });
    await expect(carryOut(of, aRun({ mode: 'drill' }))).rejects.toMatchObject({ code });
    expect(await bind.serial()).toBe(before);
  });

  it('is not signed without a key, and then refused', async () => {
    const { tsig: _tsig, ...unsigned } = serverOf();
    const of = step(recordOf('fault', { server: unsigned }));
    await expect(carryOut(of)).rejects.toMatchObject({
      code: 'access-denied',
      message: expect.stringContaining('refuses updates that are not signed'),
    });
  });

  it('never overwrites what somebody else has set meanwhile', async () => {
    const of = recordOf('changed');
    const seen = await seeRecord(of, workAt(home));
    await setRecord(of, seen, { values: ['203.0.113.9'], ttl: 30 }, workAt(home));
    await expect(
      setRecord(of, seen, { values: ['198.51.100.7'], ttl: 30 }, workAt(home)),
    ).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('was changed by somebody else meanwhile'),
    });
    expect(await bind.lookUp('changed.example.org', 'A')).toEqual(['203.0.113.9']);
  });

  it('leaves no key behind', async () => {
    expect((await readdir(home)).sort()).toEqual(['key', 'reader']);
  });
});
