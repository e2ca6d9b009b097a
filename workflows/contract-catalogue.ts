/** What a listing of backups is asked for, and what it tells. */
import type { ResolvedRepository, Signer } from '../policy/resolved.ts';
import type { BackupFile } from './contract-backup.ts';

export type CatalogueInput = {
  repositories: ResolvedRepository[];
  signers: Signer[];
  filter: { source?: string; plan?: string; backupId?: string };
  /** Newest first, at most so many for each repository. */
  limit: number;
};

export type CatalogueEntry = {
  repository: string;
  source: string;
  backupId: string;
  plan: string;
  startedAt: string;
  endedAt: string;
  dataTime: string;
  bytes: number;
  rawBytes: number | null;
  tables: number | null;
  rows: number | null;
  server: string;
  key: string;
  signedBy: string | null;
  /** What is wrong with the manifest or its signature; such a copy is shown and never used. */
  fault?: string;
  /** Copies that the plan asked for. */
  wanted: string[];
  workflowId: string;
  runId: string;
  files: BackupFile[];
  /** What it was promoted to, with the last day that was promised. */
  kept?: { tier: string; until: string }[];
  /** Legal holds that nobody has released. */
  holds?: LegalHold[];
};

export type LegalHold = { id: string; by: string; at: string; reason: string };

export type CatalogueResult = {
  entries: CatalogueEntry[];
  /** More backups matched than the limit let through. */
  more: boolean;
  /** Repositories that could not be read: their backups are unknown, not absent. */
  unreadable: { repository: string; sentence: string }[];
};
