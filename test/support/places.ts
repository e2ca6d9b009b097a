import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the workers of one test put what they make on this host, so that a test sees what is left there. */
export type Places = {
  work: string;
  scratch: string;
  /** Makes a worker use them. */
  environment: { HOLDFAST_WORK_DIR: string; HOLDFAST_SCRATCH_DIR: string };
  close(): Promise<void>;
};

/** Empty directories with short paths, because sockets go there; a scratch server's user may pass through the second. */
export async function openPlaces(): Promise<Places> {
  const [work, scratch] = await Promise.all(['hf-w-', 'hf-s-'].map((name) => mkdtemp(join(tmpdir(), name))));
  if (work === undefined || scratch === undefined) throw new Error('two directories were asked for');
  await chmod(scratch, 0o711);
  return {
    work,
    scratch,
    environment: { HOLDFAST_WORK_DIR: work, HOLDFAST_SCRATCH_DIR: scratch },
    close: async () => {
      await Promise.all([work, scratch].map((path) => rm(path, { recursive: true, force: true })));
    },
  };
}
