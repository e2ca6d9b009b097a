import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';

/** Whether a path lies below a directory, whichever way leads there, and whether it is there yet or not. */
export async function isBelow(path: string, directory: string): Promise<boolean> {
  const [inner, outer] = await Promise.all([path, directory].map((each) => real(resolve(each))));
  const way = relative(outer ?? '', inner ?? '');
  return way !== '' && way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}

/** Of what is not there yet, what is there of the way to it. */
async function real(path: string): Promise<string> {
  const parent = dirname(path);
  return realpath(path).catch(async () =>
    parent === path ? path : join(await real(parent), basename(path)),
  );
}
