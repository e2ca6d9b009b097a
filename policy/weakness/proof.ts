import { serverKey } from '../hosts.ts';
import { lookUp } from '../lookup.ts';
import type { ResolvedPlan } from '../resolved.ts';
import type { CopyRule } from '../resolved-proof.ts';
import type { Weakness, Weighed } from './weakness.ts';

/** What is proven less than it looks: copies that no test reads, rules that the plans can't meet, data that is not masked. */
export function proofWeaknesses(weighed: Weighed): Weakness[] {
  const { resolved } = weighed;
  return [
    ...Object.values(resolved.plans).flatMap((plan) => [...fromOneCopy(plan), ...belowRule(plan, weighed)]),
    ...besideLive(weighed),
    ...Object.values(resolved.refreshes).flatMap(({ name, mask }): Weakness[] =>
      mask.length > 0
        ? []
        : [
            {
              id: 'unmasked-refresh',
              severity: 'advice',
              path: ['refreshes', name, 'mask'],
              message: 'Nothing is masked: who may read this database reads what is live.',
              hint: 'Write the SQL that masks names, addresses and the like under `mask`.',
            },
          ],
    ),
  ];
}

function fromOneCopy({ name, copies, restoreTest }: ResolvedPlan): Weakness[] {
  if (restoreTest?.schedule === undefined || restoreTest.from.length >= copies.length) return [];
  const proven = restoreTest.from.join(', ');
  const unproven = copies.map((copy) => copy.name).filter((copy) => !restoreTest.from.includes(copy));
  return [
    {
      id: 'copies-never-tested',
      severity: 'advice',
      path: ['plans', name, 'restoreTest'],
      message: `Restore tests read ${proven} alone, in zone ${restoreTest.zone}: that ${unproven.join(', ')} restores is never proven.`,
      hint: 'Name them under `from`, in a zone that opens the key and reads them all.',
    },
  ];
}

/** Only a rule that the team wrote itself: what the usual one asks for is told one by one. */
function belowRule(plan: ResolvedPlan, { written, resolved }: Weighed): Weakness[] {
  const rule = resolved.checks.copies;
  if (!isOwnRule(rule)) return [];
  const all = [...plan.copies, ...(plan.airgapped ?? [])];
  const home = lookUp(written.zones, plan.source.zone)?.site;
  const copies = all.length + 1;
  const media = new Set(all.map(({ medium }) => medium)).size;
  const offsite = all.filter(({ site }) => site !== home).length;
  if (copies >= rule.copies && media >= rule.media && offsite >= rule.offsite) return [];
  return [
    {
      id: 'below-copy-rule',
      severity: 'serious',
      path: ['plans', plan.name, 'copies'],
      message: `This plan has ${said(copies, media, offsite)}; checks.copies asks for ${said(rule.copies, rule.media, rule.offsite)}.`,
      hint: 'Add repositories to its copies, or ask for fewer.',
    },
  ];
}

function isOwnRule({ copies, media, offsite }: CopyRule): boolean {
  return copies !== 3 || media !== 2 || offsite !== 1;
}

function said(copies: number, media: number, offsite: number): string {
  return `${copies} copies with production on ${media} ${media === 1 ? 'medium' : 'media'}, ${offsite} at other sites`;
}

/** A source that a refresh makes anew is no live one. */
function besideLive({ written, resolved }: Weighed): Weakness[] {
  const made = Object.values(resolved.refreshes).flatMap(({ then }) =>
    then === undefined ? [] : [lookUp(resolved.plans, then)?.source.name],
  );
  const live = new Map(
    Object.values(resolved.sources)
      .filter(({ name }) => !made.includes(name))
      .map((source) => [serverKey(source), source.name]),
  );
  return Object.entries(written.scratchServers).flatMap(([name, server]): Weakness[] => {
    const source = live.get(serverKey(server));
    if (source === undefined) return [];
    return [
      {
        id: 'scratch-on-live-server',
        severity: 'advice',
        path: ['scratchServers', name],
        message: `Source ${source} lives on this server: restoring beside it takes its disk, its memory and its time.`,
        hint: 'Name a server of its own, or leave it out: a private one is then made for each test.',
      },
    ];
  });
}
