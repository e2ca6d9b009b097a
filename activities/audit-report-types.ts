import type { Evidence } from '../workflows/contract-evidence.ts';
import type {
  FoundIncidents,
  FoundReports,
  ReadIncidentsInput,
  ReadReportsInput,
  SignAuditReportInput,
} from '../workflows/contract-report.ts';

export type AuditReportActivities = {
  /** The signed reports of a period in repositories of the worker's zone, each once. */
  readReports(input: ReadReportsInput): Promise<FoundReports>;
  /** What the audit log tells of a period. */
  readIncidents(input: ReadIncidentsInput): Promise<FoundIncidents>;
  /** Writes the report of a quarter and signs it. */
  signAuditReport(input: SignAuditReportInput): Promise<Evidence>;
};
