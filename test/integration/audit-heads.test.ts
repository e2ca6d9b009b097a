import { describe } from '@jest/globals';
import { headBytes, headOf } from '../../repository/audit/entry.ts';
import { headsFolder, witnessFolder } from '../../repository/audit/layout.ts';
import { headFile, makeHeadSigner } from '../../tools/lab/audit-chain.ts';
import { chain } from '../support/audit.ts';
import { at, finds, headKey, type World, witnessKey } from '../support/audit-world.ts';

const stranger = makeHeadSigner('stranger');

describe('a chain that somebody touched', () => {
  const withHead = (world: World, number: number) => world.heads.includes(number);

  for (const [place, files, key] of [
    ['the audit repository', (world: World) => world.audit, headKey],
    ['a witness', (world: World) => world.witness, witnessKey],
  ] as const) {
    finds(
      `by a head in ${place} that a stranger signed`,
      'head',
      (world, number) => {
        const head = headOf(at(files(world), key(number)));
        if (head === null) throw new Error('no head');
        const { from, seq, hash } = head.statement;
        const folder = files(world) === world.audit ? headsFolder('fra') : witnessFolder('fra');
        const forged = headFile(folder, { chain, from, seq, hash }, stranger);
        files(world).set(forged.key, forged.bytes);
        return number;
      },
      withHead,
    );

    finds(
      `by a head in ${place} without a signature`,
      'head',
      (world, number) => {
        const head = headOf(at(files(world), key(number)));
        if (head === null) throw new Error('no head');
        files(world).set(key(number), headBytes({ ...head, signature: '' }));
        return number;
      },
      withHead,
    );

    finds(
      `by a head in ${place} whose hash was changed after it was signed`,
      'head',
      (world, number) => {
        const head = headOf(at(files(world), key(number)));
        if (head === null) throw new Error('no head');
        const statement = { ...head.statement, hash: 'f'.repeat(64) };
        files(world).set(key(number), headBytes({ ...head, statement }));
        return number;
      },
      withHead,
    );
  }

  finds(
    'by a head of another entry',
    'head',
    ({ audit, heads }, number) => {
      audit.set(headKey(number), at(audit, headKey(heads.find((each) => each !== number) ?? number)));
      return number;
    },
    (world, number) => withHead(world, number) && world.heads.length > 1,
  );
});
