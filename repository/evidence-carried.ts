import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import type { SignedEvidence } from './evidence.ts';

const texts = z.strictObject({ json: z.string(), markdown: z.string() });

/** A signed report on its way through Temporal. A large one is deflated: its JSON would be escaped once more, twice over. */
export type CarriedEvidence = Pick<SignedEvidence, 'path' | 'signature' | 'sha256'> &
  (z.infer<typeof texts> | { packed: string });

/** What is longer can be read by nobody in Temporal's Web UI. */
const mostCharacters = 200_000;

/** The report as it travels. */
export function carryEvidence({ path, signature, sha256, json, markdown }: SignedEvidence): CarriedEvidence {
  const seal = { path, signature, sha256 };
  if (json.length + markdown.length <= mostCharacters) return { ...seal, json, markdown };
  const packed = deflateRawSync(JSON.stringify({ json, markdown })).toString('base64');
  return { ...seal, packed };
}

/** The report as it was signed. */
export function openCarried(carried: CarriedEvidence): SignedEvidence {
  if (!('packed' in carried)) return carried;
  const { packed, ...seal } = carried;
  const text = inflateRawSync(Buffer.from(packed, 'base64')).toString();
  return { ...seal, ...texts.parse(JSON.parse(text)) };
}
