import { packSurvey } from '../../../activities/retention-pack.ts';
import { decideOn } from '../../../activities/retention-weigh.ts';
import type { ResolvedPlan } from '../../../policy/resolved.ts';
import { madeUpHistory, planWithAllTiers } from '../../lab/retention-history.ts';

/**
 * A process of its own, so that its memory is its own: decides on a history of so many hourly backups in two
 * repositories, from the packed survey on, and says how long that took and what it took.
 */
const count = Number(process.argv[2]);
const now = '2026-11-22T02:00:00.000Z';
const plan: ResolvedPlan = planWithAllTiers();
const survey = packSurvey({ repositories: ['local', 'offsite'], backups: madeUpHistory(count, now) });
const started = performance.now();
const { counts, hash } = decideOn({ plan, survey, now });
const seconds = (performance.now() - started) / 1000;
const peakBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ backups: count, seconds, peakBytes, packedBytes: survey.length, counts, hash }));
