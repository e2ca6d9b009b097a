import { formatBytes } from '../policy/units.ts';
import type { RetentionProgress, Told, Weighed } from './contract-retention.ts';
import { shortened } from './shortened.ts';

/** Temporal shows some 20 KB. */
const limit = 18_000;
const shown = 25;

/** A run of retention as Markdown for the current details: what it does, why, and what it waits for. */
export function retentionMarkdown(progress: RetentionProgress): string {
  const { plan, mode, phase, now, weighed } = progress;
  return [
    `### Retention of ${plan}: ${phase}`,
    '',
    `${mode === 'preview' ? 'A preview: nothing is touched.' : 'A run.'}${now === null ? '' : ` Decided for ${now}.`}`,
    ...(weighed === null ? [] : decided(weighed)),
    ...asked(progress),
    ...bullets('Exceptions', progress.exceptions),
    ...bullets('Warnings', progress.warnings),
    ...(weighed === null ? [] : reasons(weighed)),
  ]
    .join('\n')
    .slice(0, limit);
}

function decided({ counts, freed, work, hash }: Weighed): string[] {
  return [
    '',
    `Keeps ${counts.keep + counts.promote}, promotes ${counts.promote} of them, expires ${counts.expire} (${formatBytes(freed)}); decision \`${hash.slice(0, 16)}\`.`,
    '',
    '| repository | copies | promotions | removals |',
    '| --- | ---: | ---: | ---: |',
    ...work.map(
      ({ repository, copies, promotions, removals }) =>
        `| ${cell(repository)} | ${copies} | ${promotions} | ${removals} |`,
    ),
  ];
}

function asked({ weighed, confirmUntil, confirmedBy, plan }: RetentionProgress): string[] {
  if (confirmedBy !== null) return ['', `Confirmed by ${cell(confirmedBy)}.`];
  if (confirmUntil === null || weighed === null) return [];
  return [
    '',
    `**The rules have become shorter: ${weighed.shorter.backups} backups expire that the former rules keep.** Until ${confirmUntil} somebody may agree, with \`holdfast retention confirm ${plan} --as NAME\`, or here with the Signal or Update \`confirm\` and the input \`{"by": "NAME"}\`. Without that, nothing expires.`,
  ];
}

function reasons({ promotions, expiries, violations }: Weighed): string[] {
  return [
    ...bullets('Over-retention', violations.map(said)),
    ...bullets(
      'Promoted',
      promotions.map(({ backupId, tier, until }) => `\`${backupId}\` as ${tier} until ${until}`),
    ),
    ...bullets('Expired', expiries.map(said)),
  ];
}

const said = ({ backupId, sentence }: Told): string => `\`${backupId}\`: ${sentence}`;

function bullets(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length - shown;
  return [
    '',
    `**${title}**`,
    '',
    ...lines.slice(-shown).map((line) => `- ${cell(line)}`),
    ...(more > 0 ? [`- and ${more} more`] : []),
  ];
}

const cell = (text: string): string => shortened(text.replaceAll(/\s+/g, ' '), 600).replaceAll('|', '\\|');
