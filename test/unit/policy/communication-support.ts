import { expect } from '@jest/globals';
import { type Change, failoverWith, step } from './failover-support.ts';
import { problemsOf } from './support.ts';

/** A plan of which messages go by hand, through a channel and by mail, and two disasters. */
export const sections = `communication:
  drill: lab
  messages:
    customers-begin: { audience: customers, when: declare, subject: "\${service} is disturbed", channel: pages,
                       text: "Since \${declared} \${service} does not answer. We are at it: \${status}." }
    customers-news:  { audience: customers, when: update, subject: News, text: "\${note}" }
    regulator:       { audience: regulator, when: declare, within: 72h, role: dba, subject: "Notice of \${organization}",
                       text: "\${situation}, \${reason}. A price of $\${5}." }
    customers-end:   { audience: customers, when: close, subject: Over, text: "After \${elapsed}." }
disasters:
  site-loss: { runbook: shop-failover, say: fra is dark, tell: [operator] }
  slow-disk: { runbook: shop-failover, class: minor, roles: [dba], severity: info }
`;

const around: Change[] = [
  ['people:\n', `${sections}people:\n`],
  ['operator, incident-commander]', 'operator, incident-commander, communications-lead]'],
  ['roles: [dba, approver], sshKeys', 'roles: [dba, approver, communications-lead], sshKeys'],
  [
    '    chat: { kind: slack',
    '    pages: { kind: webhook, url: "https://status.example.org/hook" }\n    lab: { kind: slack, url: { env: LAB } }\n    chat: { kind: slack',
  ],
  ['to: [ops, chat], repeat', 'to: [ops, chat, pages, lab], repeat'],
  step('id: say, do: communicate, message: customers-begin, needs: [declare]'),
];

/** A policy with that plan, with pieces of its text replaced, which must be there. */
export const withPlan = (...changes: Change[]) =>
  [...around, ...changes].reduce((text, [piece, replacement]) => {
    if (!text.includes(piece)) throw new Error(`the policy has no ${piece}`);
    return text.replace(piece, () => replacement);
  }, failoverWith());

/** One problem and no other, told so and of a line with this. */
export async function expectOnlyProblem(text: string, said: string, line: string): Promise<void> {
  const problems = await problemsOf(text);
  expect(problems.map(({ path, message, hint }) => `${path}  ${message}; ${hint}`)).toEqual([
    expect.stringContaining(said),
  ]);
  expect(text.split('\n')[(problems[0]?.line ?? 1) - 1]).toContain(line);
}
