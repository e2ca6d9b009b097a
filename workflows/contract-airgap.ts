/** What the filling of an air-gapped repository, its clients and its activities say to each other. */
import type { AuditTarget, Manual, Person, ResolvedRepository, Signer } from '../policy/resolved.ts';

export type AirgapInput = {
  organization: string;
  policyHash: string;
  /** The repository that a person attaches. */
  repository: ResolvedRepository;
  manual: Manual;
  /** The plans whose backups belong into it, and the repositories that have them, the plan's own order. */
  plans: { plan: string; source: string; from: ResolvedRepository[] }[];
  signers: Signer[];
  people: Person[];
  audit?: AuditTarget;
};
