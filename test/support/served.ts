import { fullWith, loadText } from '../unit/policy/support.ts';

const sections = `runbooks:
  shop-failover:
    say: The site is gone
    tier: critical
    protects: [shop]
    steps:
      - { id: declare, do: approve, role: incident-commander, say: Declare it, phase: assess }
      - { id: cdn, do: manual, role: operator, say: "Point the CDN | at <b>DR</b>", needs: [declare] }
    drills:
      yearly: { kind: full, schedule: "0 9 15 3 *", owner: dba-1, expect: [It answers] }
communication: { role: incident-commander, messages: { authority: { audience: regulator, when: declare, subject: Incident, text: We had one, within: 72h } } }
services:
  shop: { say: The web shop, owner: dba-1, sources: [shop], contacts: [dba-2], review: 30d, reviewed: 2026-11-01 }
people:
`;

/** The full policy with a service and a runbook that brings it back. */
export const servedPolicy = (...changes: [string, string][]) =>
  loadText(fullWith(['people:\n', sections], ...changes));
