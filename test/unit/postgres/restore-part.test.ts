import { describe, expect, it } from '@jest/globals';
import { HoldfastError } from '../../../policy/errors.ts';
import { chooseDefinitions, choosePart, sqlName } from '../../../sources/postgres/restore-part.ts';

/** As `pg_restore --list` prints it. */
const listing = `;
; Archive created at 2026-11-21 01:00:00 UTC
;     dbname: shop
;
6; 2615 16390 SCHEMA - sales Shop Owner
215; 1259 16385 TABLE public orders postgres
216; 1259 16386 TABLE sales orders Shop Owner
217; 1259 16387 TABLE public Odd "Items" & co. postgres
214; 1259 16384 SEQUENCE public orders_id_seq postgres
3360; 0 16385 TABLE DATA public orders postgres
3361; 0 16386 TABLE DATA sales orders Shop Owner
3362; 0 16387 TABLE DATA public Odd "Items" & co. postgres
3363; 0 16388 TABLE DATA public order lines postgres
3364; 0 16389 TABLE DATA public dotted.name postgres
3365; 0 0 SEQUENCE SET public orders_id_seq postgres
3366; 0 0 BLOBS - BLOBS postgres
3208; 2606 16401 CONSTRAINT public orders orders_pkey postgres
3209; 1259 16402 INDEX public orders_note postgres
3210; 2606 16403 FK CONSTRAINT public lines lines_fk postgres
3211; 0 0 COMMENT public CONSTRAINT lines_fk ON lines postgres
3212; 0 16404 MATERIALIZED VIEW DATA public summary postgres
`;

const kept = (...wanted: string[]) =>
  choosePart(listing, wanted)
    .list.trim()
    .split('\n')
    .map((line) => Number(line.split(';')[0]));

function refusal(wanted: string): string {
  try {
    choosePart(listing, [wanted]);
    return 'none';
  } catch (error) {
    return error instanceof HoldfastError ? `${error.code} ${error.sentence}` : String(error);
  }
}

describe('a part of a dump', () => {
  it('is every definition and the rows of one table, in the order of the dump', () => {
    expect(kept('public.orders')).toEqual([6, 215, 216, 217, 214, 3360, 3365, 3208, 3209]);
    expect(choosePart(listing, ['public.orders'])).toMatchObject({
      tables: [{ schema: 'public', name: 'orders' }],
      foreignKeys: 1,
      materializedViews: 1,
    });
  });

  it('may be the definitions alone, with foreign keys, and without the values of sequences', () => {
    const { list, ...rest } = chooseDefinitions(listing);
    const ids = list
      .trim()
      .split('\n')
      .map((line) => Number(line.split(';')[0]));
    expect(ids).toEqual([6, 215, 216, 217, 214, 3208, 3209, 3210, 3211]);
    expect(rest).toEqual({ tables: [], foreignKeys: 0, materializedViews: 1 });
  });

  it('may be several tables', () => {
    expect(kept('sales.orders', 'order lines').filter((id) => id > 3359 && id < 3365)).toEqual([3361, 3363]);
  });

  it.each([
    ['Odd "Items" & co.', 'public', 'Odd "Items" & co.'],
    ['public.Odd "Items" & co.', 'public', 'Odd "Items" & co.'],
    ['public."Odd ""Items"" & co."', 'public', 'Odd "Items" & co.'],
    ['"Odd ""Items"" & co."', 'public', 'Odd "Items" & co.'],
    ['dotted.name', 'public', 'dotted.name'],
    ['public.dotted.name', 'public', 'dotted.name'],
    ['sales.orders', 'sales', 'orders'],
    ['order lines', 'public', 'order lines'],
  ])('finds a table written as %s', (wanted, schema, name) => {
    expect(choosePart(listing, [wanted]).tables).toEqual([{ schema, name }]);
  });

  it.each([
    ['nothing', 'not-found The backup has no rows of a table nothing.'],
    ['order', 'not-found The backup has no rows of a table order.'],
    [
      'orders',
      'bad-usage Several schemas have a table orders. Write the schema too: public.orders or sales.orders.',
    ],
    ['orders_id_seq', 'not-found The backup has no rows of a table orders_id_seq.'],
  ])('is refused of %s', (wanted, sentence) => {
    expect(refusal(wanted)).toContain(sentence);
  });
});

describe("a name in SQL's own writing", () => {
  it.each([
    ['orders', { schema: null, name: 'orders' }],
    ['sales.orders', { schema: 'sales', name: 'orders' }],
    ['public."a.b"', { schema: 'public', name: 'a.b' }],
    ['"x ""y"""."z\n"', { schema: 'x "y"', name: 'z\n' }],
    ['a.b.c', null],
    ['a"b', null],
    ['', null],
  ])('%j is read', (text, name) => {
    expect(sqlName(text)).toEqual(name);
  });
});
