import { z } from 'zod';
import { nearest } from '../nearest.ts';
import { recoveryPhases } from '../resolved-failover.ts';
import { severities } from '../resolved-proof.ts';
import { command, commandFields } from './command.ts';
import { duration, line, namePattern, reference, strict } from './common.ts';
import { checkDeed, kubectlFields } from './kubectl.ts';
import { domainName } from './name-servers.ts';
import { sqlList } from './restore-test.ts';
import { identifier } from './server.ts';
import { checkedUrl } from './url.ts';

/** Steps of an included runbook are named behind the step that includes it: `shop/promote`. */
export const stepId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}(\/[a-z0-9][a-z0-9-]{0,62})*$/, {
    error: "this can't be a step's name; write it like promote-shop, in small letters, digits and dashes",
  })
  // A run keeps what it knows of steps by their names, and every object has a `constructor`.
  .refine((id) => !(id in {}), { error: "this word can't name a step; choose another one" });

const day = 86_400;

const everyStep = {
  id: stepId.describe('Its name in this runbook.'),
  needs: z.array(stepId).default([]).describe('Steps that must be done before it. Default: none.'),
};

/** What all actions but an inclusion have. */
const common = {
  ...everyStep,
  role: reference
    .optional()
    .describe('Who approves, does or answers for it: a role. Default: the commander.'),
  in: reference
    .optional()
    .describe("Whose worker does it: a zone. Default: the target's or name server's, else the runbook's."),
  phase: z
    .enum(recoveryPhases)
    .optional()
    .describe('The phase of recovery that it belongs to. Default: by its action.'),
  timeout: duration(1, 7 * day)
    .optional()
    .describe('How long the doing may take. Default: by its action.'),
  remind: duration(60, 7 * day)
    .prefault('5m')
    .describe('Time between reminders to whoever is waited for. Default 5m.'),
  escalate: reference
    .optional()
    .describe('A role that is told as well, from the third reminder on. Default: nobody.'),
};

/** Of steps that people approve. */
const approvals = {
  approvals: z
    .int()
    .min(1)
    .max(20)
    .optional()
    .describe('How many people of the role approve before it is done; each counts once. Default 1.'),
};

const said = { say: line.describe('What is to be decided, done or told, in words of your own.') };

/** What a step that workers do has besides. */
const done = {
  ...common,
  say: line.optional().describe('What it is for, in words of your own.'),
  approve: z
    .boolean()
    .default(false)
    .describe(
      'Whether somebody of the role approves before it is done. Default false, true with `approvals`.',
    ),
  ...approvals,
};

const target = reference.describe('A server, one of `targets`.');
const onTarget = strict({ target: target.describe('Where it is done in a drill, one of `targets`.') })
  .optional()
  .describe('What it is done to in a drill. Default: scratch, or nothing.');
const onStandby = strict({
  target: target.describe('The standby that is promoted in a drill, one of `targets`.'),
  primary: target
    .optional()
    .describe(
      'What it follows again after the drill, one of `targets`. Default: the one that is fenced before it in a drill.',
    ),
})
  .optional()
  .describe('What it is done to in a drill. Default: scratch.');
const database = identifier
  .optional()
  .describe("Name of the database that is made. Default: that of the plan's source.");
const plan = reference.describe('The plan whose newest proven backup is taken, one of `plans`.');
const within = duration(1, day)
  .prefault('5m')
  .describe('It is tried again until it holds, for so long. Default 5m.');

const drillCommand = command('10m').optional();

const dnsType = z.enum(['A', 'AAAA', 'CNAME']).optional();
const nameServer = reference
  .optional()
  .describe('One of `nameServers`. Default: the one whose domain the record is in.');

/** A step that stands for those of another runbook; `flattenRunbooks` puts them in its place. */
export const inclusion = action('runbook', 'Includes the steps of another runbook.', {
  ...everyStep,
  runbook: reference.describe('The runbook, one of `runbooks`.'),
  with: z
    .record(z.string(), z.union([line, z.number(), z.boolean()]))
    .default({})
    .describe('Values of its parameters.'),
});

const actions = [
  action('approve', 'A point where people decide; nothing is done.', {
    ...common,
    ...approvals,
    ...said,
  }),
  action('manual', 'A person does it, and says so with evidence.', { ...common, ...said }),
  action('wait', 'Lets time pass.', {
    ...common,
    say: line.optional().describe('Why.'),
    for: duration(1, 7 * day).describe('How long.'),
  }),
  action('notify', 'Tells people.', {
    ...common,
    ...said,
    approve: done.approve,
    ...approvals,
    severity: z.enum(severities).default('critical').describe('As of alerts. Default critical.'),
    roles: z
      .array(reference)
      .min(1, { error: 'this list is empty; name a role, or remove the key' })
      .optional()
      .describe('Who is told. Default: the role of the step.'),
  }),
  action('communicate', 'Sends a message of the communication plan, once it is approved.', {
    ...common,
    ...approvals,
    say: line.optional().describe('What it is for, in words of your own.'),
    role: reference.optional().describe("Who approves it. Default: the message's role."),
    message: reference.describe('The message, one of `communication.messages`.'),
  }),
  action('command', 'Runs a command of your own.', {
    ...done,
    ...commandFields,
    drill: drillCommand.describe('Run in a drill instead. Default: nothing is run in a drill.'),
    check: drillCommand.describe('Run afterwards: exit status 0 means that it holds. Default: not checked.'),
    undo: drillCommand.describe('Takes it back when the run is aborted. Default: nothing does.'),
  }),
  action('backups.verify', 'Looks whether backups are there, whole, decryptable and restore-tested.', {
    ...done,
    plans: z
      .array(reference)
      .min(1, { error: 'this list is empty; name a plan' })
      .describe('Whose backups, of `plans`.'),
    tested: duration(3600, 3650 * day)
      .prefault('35d')
      .describe('A restore test of the newest proven one is at most so old. Default 35d.'),
  }),
  action('restore', 'Restores the newest proven backup into a database that does not exist yet.', {
    ...done,
    plan,
    target,
    database,
    drill: onTarget,
  }),
  action('postgres.recover', 'A person chooses: the standby, or the newest proven backup.', {
    ...done,
    standby: target.describe('The standby that would be promoted, one of `targets`.'),
    plan,
    database,
    drill: onStandby,
  }),
  action('postgres.fence', 'Keeps everybody from writing to a server: stops it, or cuts it off.', {
    ...done,
    target,
    drill: onTarget,
  }),
  action('postgres.promote', 'Makes a standby the primary.', {
    ...done,
    target,
    primary: target
      .optional()
      .describe('What it stands by for, one of `targets`. Default: the one that is fenced before it.'),
    drill: onStandby,
  }),
  action('postgres.standby', 'Makes a server a standby of another: rewound, else from a new base backup.', {
    ...done,
    target,
    primary: target.describe('The primary that it follows, one of `targets`.'),
    drill: strict({ target, primary: target })
      .optional()
      .describe('What it is done to in a drill. Default: scratch, or nothing.'),
  }),
  action('dns.update', 'Lets a name lead elsewhere, by a dynamic update.', {
    ...done,
    server: nameServer,
    record: domainName.describe('The name, such as shop.example.org.'),
    type: dnsType.describe('A, AAAA or CNAME. Default: as the value is.'),
    value: line.describe('Where it leads then: an address or a name.'),
    ttl: duration(1, day).prefault('1m').describe('How long resolvers may keep the answer. Default 1m.'),
    drill: strict({
      server: nameServer,
      record: domainName.describe('The name that is changed in a drill.'),
    })
      .optional()
      .describe('What is changed in a drill. Default: nothing, it is only looked whether it could be.'),
  }),
  action('http.check', 'Asks a service until it answers as it should.', {
    ...done,
    url: checkedUrl.describe('The address that is asked.'),
    status: z.int().min(100).max(599).default(200).describe('The status that it answers. Default 200.'),
    contains: line.optional().describe('Text that the answer has in it. Default: any answer.'),
    within,
    drill: strict({ url: checkedUrl.describe('The address that is asked in a drill.') })
      .optional()
      .describe('What is asked in a drill. Default: nothing.'),
  }),
  action('sql.check', 'Asks a database until every query answers true.', {
    ...done,
    target,
    queries: sqlList.describe('Queries that answer true.'),
    within,
    drill: onTarget,
  }),
  action('kubectl', 'Applies, scales or waits for a rollout in a Kubernetes cluster.', {
    ...done,
    ...kubectlFields,
  }).superRefine(checkDeed),
  inclusion,
] as const;

function action<Name extends string, Fields extends z.core.$ZodLooseShape>(
  name: Name,
  about: string,
  fields: Fields,
) {
  return strict({ ...fields, do: z.literal(name).describe(about) }).describe(about);
}

/** The names of all actions, as steps write them behind `do`. */
export const actionNames: string[] = actions.flatMap(({ shape }) => [...shape.do.values]);

/** One step of a runbook, told apart by what it does. */
export const step = z.discriminatedUnion('do', actions, {
  error: (issue) => (issue.code === 'invalid_union' ? unknownAction(issue.input) : undefined),
});

function unknownAction(input: unknown): string {
  const known = `known here: ${actionNames.join(', ')}`;
  const word = typeof input === 'object' && input !== null && 'do' in input ? input.do : undefined;
  if (word === undefined) return `this step does not say what it does; write do: with an action, ${known}`;
  if (typeof word !== 'string' || !namePattern.test(word.replace('.', '-')))
    return `no such action; ${known}`;
  const family = actionNames.find((name) => name.endsWith(`.${word}`));
  const meant = family ?? nearest(word, actionNames);
  return `no such action; ${meant === null ? known : `did you mean "${meant}"?`}`;
}
