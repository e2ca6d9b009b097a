import { eventually } from '../../tools/servers/index.ts';

/** Reports are named by the second: two of one subject within one second would have one name. */
export async function anotherSecond(): Promise<void> {
  const second = () => Math.floor(Date.now() / 1000);
  const before = second();
  await eventually(async () => {
    if (second() === before) throw new Error('it is still the same second');
  }, 5);
}
