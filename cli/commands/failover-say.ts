import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import { type FailoverMessageName, failoverMessages } from '../../workflows/contract-failover-messages.ts';
import type { Act } from '../act.ts';
import { signedStart } from '../declaring.ts';
import { prepareMessage, type Spoken, sendMessage } from '../failover-messages.ts';
import { refuseNoDay } from '../follow-ups.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

/** How one message is given on the command line. */
type Form = {
  description: string;
  /** After the run. */
  words: ('step' | 'option' | 'text' | 'expectation' | 'came' | 'sends')[];
  /** The option that says why, or what shows it. */
  asks?: 'reason' | 'evidence';
  /** What follows the run in the example. */
  example: string;
};

const forms: Record<FailoverMessageName, Form> = {
  approve: {
    description: 'approve a step: shows what is true now, and signs exactly that with your SSH key',
    words: ['step'],
    example: 'promote --as dba-1 --sign-with ~/.ssh/id_ed25519',
  },
  reject: {
    description: 'do not approve a step; its branch stops and asks',
    words: ['step'],
    asks: 'reason',
    example: 'promote --as dba-1 --reason "the lag is growing"',
  },
  complete: {
    description:
      'say that you did what a step asks for; or, for one that failed, give your word that it is done',
    words: ['step'],
    asks: 'evidence',
    example: 'cdn --as edge-1 --evidence "change 4711"',
  },
  choose: {
    description: 'choose between the ways that a step shows',
    words: ['step', 'option'],
    example: 'recover standby --as dba-1 --sign-with ~/.ssh/id_ed25519',
  },
  skip: {
    description: 'skip a step that waits or asks; the result is no plain pass',
    words: ['step'],
    asks: 'reason',
    example: 'cdn --as commander-2 --reason "no traffic goes through it"',
  },
  retry: {
    description: 'try a step that failed again',
    words: ['step'],
    example: 'promote --as dba-1 --sign-with ~/.ssh/id_ed25519',
  },
  abort: {
    description: 'stop the run: what was done is undone, the last thing first',
    words: [],
    asks: 'reason',
    example: '--as commander-1 --reason "the site is back"',
  },
  note: {
    description: 'write something into the timeline',
    words: ['text'],
    example: '"called the provider, ticket 4711" --as ops-1',
  },
  'take-over': {
    description: 'lead the run from now on',
    words: [],
    asks: 'reason',
    example: '--as commander-2 --reason "commander-1 is on a plane"',
  },
  degrade: {
    description: 'go on without the lost side, which can not be asked',
    words: [],
    asks: 'reason',
    example: '--as commander-1 --reason "the provider confirms that the site is dark"',
  },
  outcome: {
    description: 'say of an expected outcome of a drill that you own whether it came out',
    words: ['expectation', 'came'],
    example: '1 yes --as dba-1',
  },
  communicate: {
    description: 'ask for a message of the communication plan: it is filled, approved by its role, and sent',
    words: ['sends'],
    example: 'customers-update --as commander-1 --note "payments work again" --sign-with ~/.ssh/id_ed25519',
  },
};

const wordHelp = {
  step: 'the step',
  option: 'the option',
  text: 'what to write',
  expectation: 'its number, as `failover status` lists it',
  came: '`yes` when it came out, else `no`',
  sends: "the message, one of the policy's `communication.messages`",
} as const;
const asksHelp = {
  reason: 'why, in one line; it is recorded',
  evidence: 'what shows it, in one line: a change, a ticket, who was called',
} as const;
const noteHelp = `what you add to it, where its text has $\{note}`;
const runHelp = 'the runbook, or drill/RUNBOOK for its rehearsal';
const keyHelp = 'your SSH key, or its .pub file when an agent or a security key has the private half';

export function addFailoverMessages(failover: Command, act: Act): void {
  for (const name of Object.values(failoverMessages)) addMessage(failover, act, name);
}

function addMessage(failover: Command, act: Act, name: FailoverMessageName): void {
  const { description, words, asks, example } = forms[name];
  const command = failover
    .command(name)
    .description(description)
    .argument('<run>', runHelp)
    .requiredOption('--as <person>', "your name among the policy's people")
    .option('--sign-with <keyfile>', keyHelp);
  for (const word of words) command.argument(`<${word}>`, wordHelp[word]);
  if (asks !== undefined) command.requiredOption(`--${asks} <text>`, asksHelp[asks]);
  if (name === 'note') addNoteOptions(command);
  if (name === 'outcome') command.option('--remark <text>', 'what you saw');
  if (name === 'communicate') command.option('--note <text>', noteHelp);
  command.addHelpText('after', examples(`holdfast failover ${name} shop-failover ${example}`)).action(
    act<Spoken>(async (context, options, [run = '', ...given]) => {
      const spoken = { ...options, ...Object.fromEntries(words.map((word, index) => [word, given[index]])) };
      if (options.followUp === true && (options.owner === undefined || options.due === undefined))
        throw new HoldfastError('bad-usage', 'A follow-up has somebody who does it, and a day.', {
          hint: 'Add --owner NAME --due YYYY-MM-DD.',
        });
      if (options.due !== undefined) refuseNoDay(options.due);
      const sentence = await sendMessage(context, await prepareMessage(context, run, name, spoken));
      context.out.result({ outcome: 'sent', sentence }, () => context.out.line(sentence));
      return exit.done;
    }),
  );
}

function addNoteOptions(command: Command): void {
  command
    .option('--step <step>', 'the step that it is about')
    .option('--follow-up', 'it is to be done afterwards, and chased until it is')
    .option('--owner <person>', 'who does it')
    .option('--due <day>', 'until when: YYYY-MM-DD');
}

export function addFailoverSign(failover: Command, act: Act): void {
  failover
    .command('sign')
    .description(
      "sign a message and print it, to be pasted into Temporal's Web UI: as the Signal of its name, or as a new run's input",
    )
    .argument('<message>', `start, or one of ${Object.keys(forms).join(', ')}`)
    .argument('<run>', runHelp)
    .argument('[step]', 'the step, where the message is about one')
    .requiredOption('--as <person>', "your name among the policy's people")
    .option('--sign-with <keyfile>', keyHelp)
    .option('--reason <text>', asksHelp.reason)
    .option('--evidence <text>', asksHelp.evidence)
    .option('--option <option>', wordHelp.option)
    .option('--text <text>', wordHelp.text)
    .option('--expectation <number>', wordHelp.expectation)
    .option('--came <answer>', wordHelp.came)
    .option('--sends <message>', wordHelp.sends)
    .option('--note <text>', noteHelp)
    .option('--disaster <name>', 'of start: the disaster that it is declared as, which names this runbook')
    .addHelpText(
      'after',
      examples(
        'holdfast failover sign approve shop-failover promote --as dba-1 --sign-with ~/.ssh/id_ed25519',
        'holdfast failover sign start shop-failover --as commander-1 --reason "fra1 is dark" --sign-with ~/.ssh/id_ed25519',
      ),
    )
    .action(
      act<Spoken & { disaster?: string }>(async (context, options, [message = '', run = '', step]) => {
        if (message === 'start') {
          context.out.line(JSON.stringify(await signedStart(context, run, options)));
          return exit.done;
        }
        const name = Object.values(failoverMessages).find((each) => each === message);
        if (name === undefined)
          throw new HoldfastError('bad-usage', `There is no message ${message}.`, {
            hint: `There is: start, ${Object.keys(forms).join(', ')}.`,
          });
        const spoken = step === undefined ? options : { ...options, step };
        const { said } = await prepareMessage(context, run, name, spoken);
        context.out.line(JSON.stringify(said));
        return exit.done;
      }),
    );
}
