/** What the activities of a refresh take and give. Types only. */
import type { ResolvedRepository } from '../policy/resolved.ts';
import type { ResolvedRefresh } from '../policy/resolved-proof.ts';
import type { BackupRef } from '../workflows/contract-verify.ts';

export type RemakeInput = {
  refresh: ResolvedRefresh;
  backup: BackupRef;
  repository: ResolvedRepository;
  /** When the scratch database may be removed by anybody; ISO 8601. */
  until: string;
};

/** A masked database that nobody can connect to yet. */
export type Remade = {
  order: {
    scratch: string;
    scratchOid: number;
    database: string;
    formerOid: number | null;
    owner: string;
    workflowId: string;
  };
  trimmed: number;
  masked: number;
  verified: number;
  /** Of the restore and of the masking. */
  seconds: number;
  warnings: string[];
};

export type PublishRemadeInput = {
  refresh: ResolvedRefresh;
  backup: BackupRef;
  order: Remade['order'];
  /** When it was made; ISO 8601. */
  at: string;
  until: string;
};

export type RefreshActivities = {
  /** Restores into a scratch database, compares, trims, masks and verifies; one that fails leaves nothing behind. */
  remakeDatabase(input: RemakeInput): Promise<Remade>;
  /** Gives the masked database its name and its owner's rights, and drops the former one. Repeated, does what is left. */
  publishDatabase(input: PublishRemadeInput): Promise<void>;
  /** Removes the scratch database, where it is still one. */
  discardRemade(input: Pick<PublishRemadeInput, 'refresh' | 'order'>): Promise<void>;
};
