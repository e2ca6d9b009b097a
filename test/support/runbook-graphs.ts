import fc from 'fast-check';

/** Random graphs: each step may need any of those before it. */
export const graphs = (most = 25) =>
  fc
    .integer({ min: 1, max: most })
    .chain((count) =>
      fc.tuple(
        ...Array.from({ length: count }, (_, index) =>
          fc.subarray(
            Array.from({ length: index }, (_, before) => `s${before}`),
            { maxLength: Math.min(4, index) },
          ),
        ),
      ),
    )
    .map((needs) => needs.map((each, index) => ({ id: `s${index}`, needs: each })));
