import { describe, expect, it } from '@jest/globals';
import { fullWith, printedProblems, smallest, smallestWith } from './support.ts';

describe('a reference that leads nowhere', () => {
  it.each([
    [
      'a source of a plan',
      'source: shop\n',
      'source: shoq\n',
      '33:13  plans.shop-daily.source  no such source; did you mean "shop"?',
    ],
    [
      'a key of a plan',
      'key: databases',
      'key: database',
      '35:10  plans.shop-daily.key  no such key; did you mean "databases"?',
    ],
    [
      'a copy of a plan',
      '[local, offsite,',
      '[local, ofsite,',
      '36:21  plans.shop-daily.copies[1]  no such repository; did you mean "offsite"?',
    ],
    [
      'a retention of a plan',
      'retention: gfs',
      'retention: gsf',
      '37:16  plans.shop-daily.retention  no such retention; did you mean "gfs"?',
    ],
    [
      'a zone of a source',
      'zone: fra, tier',
      'zone: fre, tier',
      '29:33  sources.shop.zone  no such zone; did you mean "fra"?',
    ],
    [
      'a tier of a source',
      'tier: standard',
      'tier: gold',
      '29:44  sources.shop.tier  no such tier; known here: critical, standard',
    ],
    [
      'a zone of a directory',
      'zone: fra, medium',
      'zone: xyz, medium',
      '13:54  repositories.local.zone  no such zone; known here: fra, ams',
    ],
    [
      'a zone of a key',
      '{ ams: { file',
      '{ amz: { file',
      'keys.databases.gpg.opens.amz  no such zone; did you mean "ams"?',
    ],
  ])('%s is told with its line and the nearest name', async (_name, piece, replacement, expected) => {
    const problems = await printedProblems(fullWith([piece, replacement]));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  it('is told also in an entry whose form is wrong', async () => {
    const problems = await printedProblems(smallestWith('source: shop,', 'source: shoq, stall: 5,'));
    expect(problems).toEqual([
      'policy.yaml:13:25  plans.shop-daily.source  no such source; did you mean "shop"?',
      'policy.yaml:13:38  plans.shop-daily.stall  this is no duration; write one like 90s, 5m, 2h, 30d, 12w or 1h30m',
    ]);
  });

  it('is not told of a name whose own entry is wrong', async () => {
    const problems = await printedProblems(smallestWith('path: /backups', 'path: backups'));
    expect(problems.map((problem) => problem.split('  ')[1])).toEqual(['repositories.local.path']);
  });
});

describe('what plans need together', () => {
  it('is each copy once', async () => {
    expect(await printedProblems(smallestWith('[local]', '[local, local]'))).toEqual([
      'policy.yaml:13:86  plans.shop-daily.copies[1]  this repository is named twice; name each once',
    ]);
  });

  it('is a signing key in the zone of the source, and the command that makes one is told', async () => {
    const problems = await printedProblems(smallestWith(', signingKey: { file: /etc/holdfast/signing }', ''));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('zones.home  backups are made in this zone and it has no signingKey');
    expect(problems[0]).toContain("ssh-keygen -t ed25519 -N '' -C holdfast-home -f holdfast-home");
  });

  it.each([
    ['left out', ''],
    ['empty', 'signers: {}\n'],
  ])('is somebody who signs: signers %s', async (_name, replacement) => {
    const problems = await printedProblems(smallest.replace(/signers: .*\n/, () => replacement));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("signers  nobody's signature counts: there are no signers");
    expect(problems[0]).toContain('ssh-keygen -t ed25519');
  });

  it('is the passphrase where the backups are made', async () => {
    const withKey = (zone: string) =>
      smallest
        .replace(/databases: \{ gpg.*\n/, () => `databases: { passphrase: { ${zone}: { env: PASS } } }\n`)
        .replace('zones:\n', 'zones:\n  away: { region: EU, site: away }\n');
    expect(await printedProblems(withKey('home'))).toEqual([]);
    expect(await printedProblems(withKey('away'))).toEqual([
      'policy.yaml:14:59  plans.shop-daily.key  this key has no passphrase for zone home, where the backups are made; add `home: { file: /absolute/path }` to its `passphrase`',
    ]);
  });
});

describe('repositories in one place', () => {
  const withSecond = (second: string) => smallestWith('sources:\n', `${second}\nsources:\n`);
  const s3 = '{ kind: s3, bucket: abc, region: x, zone: home';

  it.each([
    [
      'the same directory',
      '  more: { kind: filesystem, path: /backups//, zone: home }',
      'the same place as repository local',
    ],
    [
      'a directory inside',
      '  more: { kind: filesystem, path: /backups/more, zone: home }',
      'lie one inside the other',
    ],
    ['a directory around', '  more: { kind: filesystem, path: /, zone: home }', 'lie one inside the other'],
    ['the same bucket', `  a: ${s3} }\n  b: ${s3} }`, 'the same place as repository a'],
    ['a prefix inside', `  a: ${s3} }\n  b: ${s3}, prefix: x }`, 'lie one inside the other'],
  ])('%s is refused', async (_name, second, sentence) => {
    const problems = await printedProblems(withSecond(second));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(sentence);
  });

  it.each([
    ['a directory beside', '  more: { kind: filesystem, path: /backups-more, zone: home }'],
    ['two prefixes', `  a: ${s3}, prefix: x }\n  b: ${s3}, prefix: xy }`],
    ['two services', `  a: ${s3} }\n  b: ${s3}, endpoint: "https://s3.example.org" }`],
  ])('%s is right', async (_name, second) => {
    expect(await printedProblems(withSecond(second))).toEqual([]);
  });
});
