import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Whether this worker could start a program: a path, or a name that PATH leads to. */
export async function isProgram(program: string): Promise<boolean> {
  const places = program.includes('/')
    ? [program]
    : (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, program));
  const found = places.map((path) =>
    access(path, constants.X_OK).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(found)).includes(true);
}
