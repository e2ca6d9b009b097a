import fc from 'fast-check';

const months = ['JAN', 'FEB', 'mar', 'Apr', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const days = ['SUN', 'MON', 'tue', 'Wed', 'THU', 'FRI', 'SAT'];

function part(first: number, last: number, names: string[] = []): fc.Arbitrary<string> {
  const name = (value: number) => names[value - (names === months ? 1 : 0)] ?? String(value);
  const value = fc.integer({ min: first, max: last });
  const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  const step = fc.integer({ min: 1, max: Math.min(10, last - first) });
  return fc.oneof(
    value.map(String),
    value.map(name),
    range,
    fc.tuple(range, step).map(([text, by]) => `${text}/${by}`),
    step.map((by) => `*/${by}`),
  );
}

function field(first: number, last: number, names?: string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant('*') },
    {
      weight: 3,
      arbitrary: fc
        .array(part(first, last, names), { minLength: 1, maxLength: 3 })
        .map((parts) => parts.join(',')),
    },
  );
}

/** Any cron expression that Holdfast reads. */
export const anyCron: fc.Arbitrary<string> = fc
  .tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12, months), field(0, 7, days))
  .map((fields) => fields.join(' '));
