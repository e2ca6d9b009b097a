export {
  type AppliedPolicy,
  appliedName,
  listApplied,
  putApplied,
  readApplied,
  signApplied,
} from './applied-policy.ts';
export {
  type BackupListing,
  type BackupQuery,
  backupsOf,
  listBackups,
  readManifest,
} from './catalogue.ts';
export { commitCopy, manifestBytes } from './commit.ts';
export { rawBytesOf, unzstdStage, zstdStage } from './compression.ts';
export {
  type CopiesProgress,
  type CopyOutcome,
  type WriteCopiesInput,
  type WrittenFile,
  writeCopies,
} from './copies.ts';
export { type Decryption, opensIn, prepareDecryption, undoStages } from './decryption.ts';
export { type Encryption, type KeyWork, prepareEncryption } from './encryption.ts';
export {
  type EvidenceDocument,
  evidenceFolder,
  evidenceKinds,
  evidenceOf,
  evidencePath,
  isNamedAfter,
  listEvidence,
  putEvidence,
  readEvidence,
  type SignedEvidence,
  sha256Of,
  signEvidence,
} from './evidence.ts';
export { checkTestedBackups } from './evidence-backups.ts';
export { type CarriedEvidence, carryEvidence, openCarried } from './evidence-carried.ts';
export {
  type CheckedReport,
  checkReport,
  checkReports,
  type EvidenceFault,
  type EvidenceFaultKind,
} from './evidence-check.ts';
export { copyWhole, type FillOutcome, fill } from './fill.ts';
export { newestFilling, recordFilling } from './filling.ts';
export { type HealOutcome, type HealRequest, heal } from './heal.ts';
export type { CopyTarget } from './lane.ts';
export {
  attemptOf,
  type BackupName,
  backupIdOf,
  directoryOf,
  type FileKind,
  fileNameOf,
  isBackupId,
  keyOf,
  parseKey,
  plaintextNameOf,
  startOf,
} from './layout.ts';
export { type Manifest, type ManifestFile, manifestSchema } from './manifest.ts';
export { markRepository, openRepository, type RepositoryMarker, readMarker } from './marker.ts';
export { type Marker, markerName, parseMarker, stampOf } from './markers.ts';
export type { Progress } from './meter.ts';
export { verifiedStream } from './reading.ts';
export { type RestoreDocumentInput, restoreDocument } from './restore-doc.ts';
export { type DocumentFault, documentFault, mendDocument } from './restore-doc-check.ts';
export { newestRetention, type RetentionRecord, recordRetention } from './retention-record.ts';
export {
  allowedSigners,
  evidenceNamespace,
  sign,
  signatureNamespace,
  verifySignature,
} from './signing.ts';
export type {
  ProbeFinding,
  PutOutcome,
  Store,
  StoredObject,
  Upload,
  UploadReceipt,
} from './store.ts';
export { openStore } from './stores/index.ts';
export { type SweepOutcome, sweep } from './sweep.ts';
export { copyFile } from './transfer.ts';
export { verifyFiles } from './verify.ts';
