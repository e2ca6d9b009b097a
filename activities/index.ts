import { fillAirgapped, lookForRepository, readFillings, recordFilling } from './airgap.ts';
import { tellAlerts } from './alerts.ts';
import { recordAudit } from './audit.ts';
import { readAudit } from './audit-read.ts';
import { readIncidents, signAuditReport } from './audit-report.ts';
import { verifyAudit } from './audit-verify.ts';
import { openCanary, sealCanary } from './canary.ts';
import { readCatalogue } from './catalogue.ts';
import { sendMessage } from './communicate.ts';
import { commitCopy, signManifest, transferCopy, verifyCopy } from './copies.ts';
import { judgeCopies } from './copies-judge.ts';
import { lookAtCopies } from './copies-look.ts';
import { checkApproval, sealText } from './deletion.ts';
import { removeBackupCopy } from './deletion-removal.ts';
import { surveyDeletion } from './deletion-survey.ts';
import { lookAtDrills } from './drills.ts';
import { dump } from './dump.ts';
import { putEvidence, readOneReport, signEvidence } from './evidence.ts';
import { examine } from './examine.ts';
import { checkStep, doStep, lookAtStep, undoStep } from './failover.ts';
import { signFailoverReport } from './failover-report.ts';
import { readEarlierRuns } from './failover-runs.ts';
import { tellFollowUps } from './follow-ups.ts';
import { healCopy } from './heal.ts';
import { lookAround } from './health.ts';
import { judgeHealth } from './health-judge.ts';
import { holdCopy } from './hold.ts';
import { tidy } from './janitor.ts';
import { tendLifecycle } from './lifecycle.ts';
import { notify } from './notify.ts';
import { ping } from './ping.ts';
import { preflight } from './preflight.ts';
import { surveyProofs } from './proofs.ts';
import { publishPolicy, sealPolicy } from './publish.ts';
import { discardRemade, publishDatabase, remakeDatabase } from './refresh.ts';
import { readReports } from './reports-read.ts';
import { checkRequest } from './request.ts';
import { restoreIntoScratch } from './restore.ts';
import { mendRestoreDocument } from './restore-document.ts';
import { testCopy } from './restore-test.ts';
import { readTestReport, signTestReport } from './restore-test-report.ts';
import { expireBackups } from './retention-expire.ts';
import { askLocks } from './retention-locks.ts';
import { promoteBackups } from './retention-promote.ts';
import { recordRetention } from './retention-records.ts';
import { surveyRepository } from './retention-survey.ts';
import { weighRetention } from './retention-weigh.ts';
import { surveyCopies } from './survey.ts';
import { sweepRepository } from './sweep.ts';
import {
  checkSwitchable,
  discardScratch,
  prepareSwitch,
  runSwitchCommand,
  switchDatabases,
  undoSwitch,
} from './switch.ts';
import { listTests, markTested } from './tested-marker.ts';
import { thawCopy } from './thaw.ts';
import type { Activities } from './types.ts';
import { verifyBackup } from './verify.ts';
import { type ActivityDependencies, type Work, working } from './work.ts';

export { leftBehind } from './janitor.ts';
export { dumpDuration } from './metrics.ts';
export { type ActivityDependencies, identityOf } from './work.ts';

/** The activities of one worker. */
export function createActivities(deps: ActivityDependencies): Activities {
  const activity =
    <I, O>(body: (work: Work, input: I) => Promise<O>) =>
    (input: I): Promise<O> =>
      working(deps, (work) => body(work, input));
  return {
    preflight: activity(preflight),
    dump: activity(dump),
    verifyCopy: activity(verifyCopy),
    signManifest: activity(signManifest),
    commitCopy: activity(commitCopy),
    transferCopy: activity(transferCopy),
    verifyBackup: activity(verifyBackup),
    restoreIntoScratch: activity(restoreIntoScratch),
    thawCopy: activity(thawCopy),
    readCatalogue: activity(readCatalogue),
    surveyCopies: activity(surveyCopies),
    sealPolicy: activity(sealPolicy),
    publishPolicy: activity(publishPolicy),
    examine: activity(examine),
    sweepRepository: activity(sweepRepository),
    tendLifecycle: activity(tendLifecycle),
    surveyDeletion: activity(surveyDeletion),
    sealText: activity(sealText),
    checkApproval: activity(checkApproval),
    removeBackupCopy: activity(removeBackupCopy),
    checkRequest: activity(checkRequest),
    recordAudit: activity(recordAudit),
    readAudit: activity(readAudit),
    verifyAudit: activity(verifyAudit),
    readReports: activity(readReports),
    readIncidents: activity(readIncidents),
    signAuditReport: activity(signAuditReport),
    signEvidence: activity(signEvidence),
    putEvidence: activity(putEvidence),
    readOneReport: activity(readOneReport),
    surveyProofs: activity(surveyProofs),
    testCopy: activity(testCopy),
    signTestReport: activity(signTestReport),
    markTested: activity(markTested),
    listTests: activity(listTests),
    readTestReport: activity(readTestReport),
    healCopy: activity(healCopy),
    mendRestoreDocument: activity(mendRestoreDocument),
    lookForRepository: activity(lookForRepository),
    fillAirgapped: activity(fillAirgapped),
    recordFilling: activity(recordFilling),
    readFillings: activity(readFillings),
    surveyRepository: activity(surveyRepository),
    weighRetention: activity(weighRetention),
    askLocks: activity(askLocks),
    promoteBackups: activity(promoteBackups),
    expireBackups: activity(expireBackups),
    recordRetention: activity(recordRetention),
    holdCopy: activity(holdCopy),
    prepareSwitch: activity(prepareSwitch),
    checkSwitchable: activity(checkSwitchable),
    runSwitchCommand: activity(runSwitchCommand),
    switchDatabases: activity(switchDatabases),
    undoSwitch: activity(undoSwitch),
    discardScratch: activity(discardScratch),
    remakeDatabase: activity(remakeDatabase),
    publishDatabase: activity(publishDatabase),
    discardRemade: activity(discardRemade),
    lookAround: () => activity(lookAround)(undefined),
    judgeHealth: activity(judgeHealth),
    tidy: () => activity(tidy)(undefined),
    lookAtCopies: () => activity(lookAtCopies)(undefined),
    judgeCopies: activity(judgeCopies),
    sealCanary: activity(sealCanary),
    openCanary: activity(openCanary),
    tellAlerts: activity(tellAlerts),
    lookAtStep: activity(lookAtStep),
    doStep: activity(doStep),
    checkStep: activity(checkStep),
    undoStep: activity(undoStep),
    readEarlierRuns: activity(readEarlierRuns),
    signFailoverReport: activity(signFailoverReport),
    lookAtDrills: activity(lookAtDrills),
    tellFollowUps: activity(tellFollowUps),
    sendMessage: activity(sendMessage),
    notify: activity(notify),
    ping: activity(ping),
  };
}
