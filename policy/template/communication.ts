import { isMap, parseDocument } from 'yaml';

/** A communication plan to start from: what templates of runbooks send. Everything goes by hand until channels are named. */
const plan = `
# What is told to whom in a disaster: filled from facts of the run, approved before it is sent
# by the role communications-lead (\`role\` names another). Without \`channel\`, one of
# \`notifications.channels\`, a person copies it. See docs/communication.md.
communication:
  messages:
    internal-begin:
      audience: internal
      when: declare
      subject: "\${class}: \${situation}"
      text: |
        \${situation} (\${reason}). Declared \${declared}, led by \${lead}.
        Send questions about it to the communications lead, and tell nobody outside.
    customers-begin:
      audience: customers
      when: declare
      subject: "\${service} is disturbed"
      text: |
        Since \${declared} \${service} does not answer, or answers slowly. We know why and work on it.
        The next news comes within an hour.
    customers-update:
      audience: customers
      when: update
      subject: "News of \${service}"
      text: |
        \${now}: \${note}
    customers-end:
      audience: customers
      when: close
      subject: "\${service} is back"
      text: |
        \${service} works again. It was disturbed for \${elapsed}, since \${declared}.
    vendors-begin:
      audience: vendors
      when: declare
      subject: "Disturbance at \${organization}"
      text: |
        Since \${declared} we are recovering from this: \${situation}. Please keep somebody reachable for us.
    # The GDPR (article 33) wants it within 72 hours of becoming aware of a breach of personal data.
    regulator:
      audience: regulator
      when: declare
      within: 72h
      subject: "Notification of a personal data breach by \${organization}"
      text: |
        What happened: \${situation} (\${reason}). We became aware of it on \${declared}.
        Concerned: say which data, and about how many people.
        Likely consequences: say which.
        Measures taken: \${status} by \${now}.
        Contact: say who.
`;

/** The plan that a runbook's messages are of, where it has some and the policy has no plan; empty otherwise. */
export function planFor(policy: string, runbook: string): string {
  if (!runbook.includes('do: communicate')) return '';
  const root = parseDocument(policy, { logLevel: 'silent', prettyErrors: false }).contents;
  return isMap(root) && root.has('communication') ? '' : plan;
}
