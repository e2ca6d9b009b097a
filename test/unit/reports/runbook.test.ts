import { describe, expect, it } from '@jest/globals';
import { documentOf } from '../../../cli/runbook-document.ts';
import { runbookMarkdown } from '../../../reports/runbook.ts';
import { communicationsLeads, failoverWith } from '../policy/failover-support.ts';
import { loadText } from '../policy/support.ts';

async function printed(...changes: [string, string][]): Promise<string> {
  const { policy } = await loadText(failoverWith(...changes));
  const runbook = policy.runbooks['shop-failover'];
  if (runbook === undefined) throw new Error('there is no runbook shop-failover');
  return runbookMarkdown(documentOf(policy, runbook, '2026-11-21T12:00:00.000Z'));
}

describe('a printed runbook', () => {
  it('says what it is for, who leads, and against which clock', async () => {
    const text = await printed();
    expect(text).toMatch(/^# Runbook shop-failover\n\nThe shop moves to Amsterdam\n/);
    expect(text).toContain('| Recovers from the loss of | fra |');
    expect(text).toContain('| Targets | tier critical: RTO 1h, RPO 1h |');
    expect(text).toMatch(/\| incident-commander \| .*dba-2/);
  });

  it('has every step in an order in which it can be done, with its commands', async () => {
    const text = await printed();
    const headings = [...text.matchAll(/^### \d+\. (\S+)$/gm)].map(([, id]) => id);
    expect(headings.toSorted()).toEqual(
      ['backups', 'declare', 'deploy', 'dns', 'fence', 'promote', 'tell', 'verify'].toSorted(),
    );
    const place = (id: string) => text.indexOf(`| ${id} |`);
    expect(place('fence')).toBeLessThan(place('promote'));
    expect(place('promote')).toBeLessThan(place('dns'));
    expect(text).toMatch(/```sh\nkubectl apply -k overlays\/dr\n```/);
    expect(text).toContain('**somebody decides first**');
    expect(text).toContain('- In a drill: ');
  });

  it('says how many people decide, and what people are told', async () => {
    const text = await printed(
      ['approve: true,\n', 'approvals: 2,\n'],
      ...communicationsLeads,
      [
        'people:\n',
        `communication: { messages: { news: { audience: customers, when: declare, subject: Down, text: "\${service} *is* down" } } }\npeople:\n`,
      ],
      ['      - { id: verify', '      - { id: say, do: communicate, message: news }\n      - { id: verify'],
    );
    expect(text).toContain('**2 people decide first**');
    expect(text).toMatch(/\| promote \| .* \| 2 people \|/);
    expect(text).toContain(`\n    Down\n\n    \${service} *is* down\n`);
  });

  it('says where secrets are, and holds none', async () => {
    const text = await printed();
    expect(text).toContain('- Needs the TSIG key holdfast: file /run/secrets/tsig');
    expect(text).toContain('- Needs the password of holdfast on shop-standby: file /run/secrets/standby');
  });

  it('takes nothing that people wrote for markup, and lets no command end its fence', async () => {
    const text = await printed(
      ['say: The shop moves to Amsterdam', 'say: "<b>The shop</b>"'],
      ['[kubectl, apply, -k, overlays/dr], needs', '[bash, -c, "echo ```"], needs'],
    );
    expect(text).toContain('&lt;b>The shop&lt;/b>');
    expect(text).toMatch(/````sh\nbash -c 'echo ```'\n````/);
  });
});
