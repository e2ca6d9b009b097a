import type { ResolvedPolicy } from '../../policy/resolved.ts';
import type { ResolvedStep, StepAction } from '../../policy/resolved-failover.ts';
import type { RunbookCheckInput } from '../../workflows/contract-runbook.ts';

const step = (id: string, action: StepAction, zone = 'fra'): ResolvedStep => ({
  ...{
    id,
    phase: 'execute',
    role: 'dba',
    needs: [],
    zone,
    approve: false,
    say: '',
    timeout: 20,
    remind: 900,
  },
  ...action,
});

const command = (id: string, program: string, zone?: string): ResolvedStep =>
  step(id, { do: 'command', command: { run: [program], timeout: 10, secrets: {} } }, zone);

/** A check that finds something in each degree and tells it, and one of more steps than are looked at together. */
export function recordedRunbookChecks({
  organization,
  hash,
  signers,
  repositories: all,
}: ResolvedPolicy): { name: string; input: RunbookCheckInput }[] {
  const runbook: RunbookCheckInput['runbook'] = {
    ...{ format: 1, name: 'shop-failover', version: 'a'.repeat(64), policyHash: hash, organization },
    ...{ timezone: 'Europe/Amsterdam', say: '', class: 'major', lost: [], zone: 'fra', protects: [] },
    ...{ commander: 'incident-commander', signatures: { real: 'signed', drill: 'named' }, cooldown: 3600 },
    ...{ drills: [], steps: [] },
  };
  const repositories = Object.values(all).filter(({ kind }) => kind === 'filesystem');
  const few = [
    step('declare', { do: 'approve' }),
    command('fence', 'true'),
    command('deploy', 'no-such-program'),
    command('far', 'true', 'nowhere'),
  ];
  const many = Array.from({ length: 10 }, (_, index) => command(`step-${index}`, 'true'));
  return [
    { name: 'runbook-check', input: { runbook: { ...runbook, steps: few }, alertZone: 'fra', patience: 2 } },
    { name: 'runbook-check-many', input: { runbook: { ...runbook, steps: many }, quiet: true } },
    {
      name: 'runbook-preview',
      input: {
        runbook: { ...runbook, steps: few },
        quiet: true,
        patience: 2,
        within: 60,
        preview: { repositories, signers },
      },
    },
  ];
}
