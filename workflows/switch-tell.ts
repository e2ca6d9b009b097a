import { tryAnnounce } from './alerting.ts';
import { askingSentence } from './approval-alert.ts';
import type { Announcement } from './contract-alerts.ts';
import type { SwitchInput, SwitchProgress, SwitchResult } from './contract-switch.ts';
import { nameOf } from './deletion-text.ts';
import { keepEvidence } from './evidence.ts';
import type { SwitchDesk } from './switch-desk.ts';
import { switchMarkdown } from './switch-details.ts';

/** Tells those who may approve that they are asked; a sentence where they could not be told. */
export async function askApprovers(
  { rule, person, reason, backup }: SwitchInput,
  { alert, state }: SwitchDesk,
): Promise<string | null> {
  const { expiresAt: until } = state();
  if (until === null) return null;
  const wish = `${person} wants ${nameOf(backup)} to take the place of the live database.`;
  const { role, signatures } = rule;
  const sentence = askingSentence({ command: 'switch', wish, reason, signatures, until });
  return alert.ask({ role, sentence, until });
}

/** Tells people how it ended, and keeps a signed report of it. Never throws: what failed is an exception. */
export async function tellEnd(
  input: SwitchInput,
  state: SwitchProgress,
  result: Omit<SwitchResult, 'evidence'>,
): Promise<SwitchResult> {
  const untold = await tryAnnounce(input.alertZone, {
    severity: severityOf(result),
    subject: `switch/${input.source.name}`,
    sentence: [`Switch of ${input.source.name}: ${result.result}.`, ...state.notes.slice(-5)].join(' '),
  });
  const exceptions = [...result.exceptions, ...(untold === null ? [] : [untold])];
  const { signingKeys, zone, candidates, source, organization } = input;
  if (signingKeys === undefined) return { ...result, exceptions, evidence: null };
  const at = new Date(Date.now()).toISOString();
  const document = { organization, ...state, ...result };
  const kept = await keepEvidence({
    sign: (work, signingKey) =>
      work.signEvidence({
        kind: 'switch',
        subject: source.name,
        at,
        document,
        markdown: `${switchMarkdown(state)}\n`,
        signingKey,
      }),
    signingKeys,
    zones: [zone, ...Object.keys(signingKeys)],
    repositories: candidates,
  });
  return { ...result, exceptions: [...exceptions, ...kept.exceptions], evidence: kept.evidence };
}

function severityOf({
  result,
  keptAs,
  undone,
  exceptions,
}: Omit<SwitchResult, 'evidence'>): Announcement['severity'] {
  if (result !== 'failed') return 'info';
  // Services are down, or something is left half-way: now.
  return keptAs !== null || exceptions.length > 0 || undone.length === 0 ? 'critical' : 'warning';
}
