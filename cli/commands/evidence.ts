import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { addEvidenceExport } from './evidence-export.ts';
import { addEvidenceList } from './evidence-list.ts';
import { addEvidenceShow } from './evidence-show.ts';
import { addEvidenceVerify } from './evidence-verify.ts';
import { examples } from './examples.ts';

export function addEvidence(evidence: Command, act: Act): void {
  evidence.addHelpText(
    'after',
    examples('holdfast evidence list --since 90d', 'holdfast evidence verify /backups'),
  );
  addEvidenceList(evidence, act);
  addEvidenceShow(evidence, act);
  addEvidenceVerify(evidence, act);
  addEvidenceExport(evidence, act);
}
