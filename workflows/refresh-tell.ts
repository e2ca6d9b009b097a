import { formatDuration } from '../policy/units.ts';
import { tryAnnounce } from './alerting.ts';
import type { RefreshInput, RefreshResult } from './contract-refresh.ts';
import { nameOf } from './deletion-text.ts';
import { type KeptEvidence, keepEvidence } from './evidence.ts';

/** Tells people that a development database stays as it was. */
export async function tellRefreshFailed(input: RefreshInput, sentence: string): Promise<void> {
  const { name, database } = input.refresh;
  await tryAnnounce(input.alertZone, {
    severity: 'warning',
    subject: `refresh/${name}`,
    sentence: `The refresh ${name} failed, and ${database} is what it was before: ${sentence}`,
  });
}

/** Keeps a signed report of what was made, and of what it was masked by. Never throws. */
export async function keepRefreshReport(input: RefreshInput, result: RefreshResult): Promise<KeptEvidence> {
  const { refresh, signingKeys } = input;
  if (signingKeys === undefined) return { evidence: null, exceptions: [] };
  const { name, server, database, owner, trim, mask, verify, plan, candidates } = refresh;
  const at = new Date(Date.now()).toISOString();
  const document = { server: server.name, owner, plan, trim, mask, verify, ...result };
  return keepEvidence({
    sign: (work, signingKey) =>
      work.signEvidence({
        kind: 'refresh',
        subject: name,
        at,
        document,
        markdown: [
          `# Refresh ${name}`,
          '',
          `\`${database}\` on ${server.name} was made from \`${nameOf(result.backup)}\` in ${result.repository}, in ${formatDuration(result.seconds)}.`,
          ...result.picked,
          '',
          `Before ${owner} could connect, ${trim.length} statements had trimmed it, ${mask.length} had masked it, and ${verify.length} queries had answered true.`,
          '',
        ].join('\n'),
        signingKey,
      }),
    signingKeys,
    zones: [server.zone, ...Object.keys(signingKeys)],
    repositories: candidates,
  });
}
