import { z } from 'zod';
import { verifyChain } from '../../../repository/audit/index.ts';
import { openStore } from '../../../repository/index.ts';
import { logAt } from './audit.ts';

/** Verifies the chain in AUDIT_PATH, whose heads AUDIT_SIGNER signed, and tells seconds and peak memory as JSON. */
const signer = z
  .object({ name: z.string(), publicKey: z.string() })
  .parse(JSON.parse(process.env.AUDIT_SIGNER ?? ''));
const store = await openStore(logAt(process.env.AUDIT_PATH ?? ''));
const started = performance.now();
const chain = { organization: 'Example BV', zone: 'fra' };
const { broken } = await verifyChain({ store, chain, witnesses: [], signers: [signer] });
if (broken !== null) throw new Error(broken.sentence);
const seconds = (performance.now() - started) / 1000;
process.stdout.write(JSON.stringify({ seconds, peakBytes: process.resourceUsage().maxRSS * 1024 }));
store.close();
