import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import type { Person, ResolvedPolicy } from '../../policy/resolved.ts';
import type { ResolvedRunbook, ResolvedStep } from '../../policy/resolved-failover.ts';
import { sign } from '../../repository/index.ts';
import { makeSigningKey } from '../../tools/lab/keys.ts';
import type { Lab } from '../../tools/lab/lab.ts';
import { eventually } from '../../tools/servers/index.ts';
import { progressQuery, taskQueueOf, type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { FailoverInput, FailoverProgress, StepProgress } from '../../workflows/contract-failover.ts';
import {
  type FailoverAnswer,
  type FailoverMessageName,
  type FailoverSaid,
  failoverNamespace,
} from '../../workflows/contract-failover-messages.ts';
import { declarationText, messageText } from '../../workflows/failover/text.ts';
import { inDirectory } from './keys.ts';
import { failoverInput, people as plainPeople, runbook } from './runbooks.ts';
import { openStage, type Stage } from './stage.ts';

export type Failover = WorkflowHandle<Workflows['failover']>;

/** Two zones of which `fra` is lost: it has no worker. A repository and the audit log are in `ams`. */
export type Failovers = {
  stage: Stage;
  policy: ResolvedPolicy;
  people: Person[];
  /** A file that steps write lines into. */
  log: string;
  lines(): Promise<string[]>;
  /** A shell command that writes a line into the log, and then runs a script. */
  writes(line: string, script?: string): string[];
  input(book: ResolvedRunbook, changes?: Partial<FailoverInput>): FailoverInput;
  /** Starts a runbook of its own name. */
  start(
    steps: ResolvedStep[],
    changes?: Partial<FailoverInput> & { book?: Partial<ResolvedRunbook> },
  ): Promise<Failover>;
  /** The message with the signature of whoever says it. */
  signed<Name extends FailoverMessageName>(
    run: FailoverProgress,
    name: Name,
    said: FailoverSaid[Name],
  ): Promise<FailoverSaid[Name]>;
  keyOf(person: string): string;
  /** Ends the worker of the zone that is left, and starts one again. */
  rest(): Promise<void>;
  wake(): Promise<void>;
  close(): Promise<void>;
};

/** @param sections more of the policy */
export async function openFailovers(
  sections: (lab: Lab) => Promise<Record<string, unknown>> = async () => ({}),
): Promise<Failovers> {
  const stage = await openStage([]);
  const { lab, orchestra } = stage;
  let playing = await orchestra.play('ams');
  const directory = await mkdtemp(join(lab.directory, 'people-'));
  const keys = new Map<string, string>();
  const people: Record<string, object> = {};
  for (const { name, roles } of plainPeople) {
    const { publicFile, privateFile } = await makeSigningKey(directory, name);
    keys.set(name, privateFile);
    people[name] = { roles, sshKeys: [publicFile] };
  }
  const lost = await orchestra.play('fra');
  const place = async (name: string) => ({
    kind: 'filesystem',
    path: await lab.repositoryPath(name),
    zone: 'ams',
    keepFree: '1MiB',
  });
  const policy = await stage.apply({
    zones: {
      fra: { region: 'EU', site: 'de-fra1' },
      ams: { region: 'EU', site: 'nl-ams1', signingKey: { file: lab.signing.privateFile } },
    },
    signers: { 'worker-ams': lab.signing.publicFile },
    keys: {
      databases: {
        gpg: {
          recipients: [lab.encryption.publicFile],
          opens: { ams: { file: lab.encryption.privateFile } },
        },
      },
    },
    people,
    repositories: { offsite: await place('offsite'), audit: await place('audit') },
    audit: { repository: 'audit' },
    sources: {},
    plans: {},
    ...(await sections(lab)),
  });
  await lost.stop();
  const log = join(lab.directory, 'steps');
  await writeFile(log, '');
  let count = 0;
  const input: Failovers['input'] = (book, changes = {}) => ({
    ...failoverInput(book),
    people: policy.people,
    repositories: Object.values(policy.repositories).filter(({ name }) => name !== 'audit'),
    signers: policy.signers,
    signingKeys: policy.signingKeys,
    ...(policy.audit === undefined ? {} : { audit: policy.audit }),
    ...changes,
  });
  const signature = async (person: string, text: string) => {
    const key = await readFile(keys.get(person) ?? '', 'utf8');
    return inDirectory((work) =>
      sign(Buffer.from(text), key, { directory: work, namespace: failoverNamespace }),
    );
  };
  const declared = async (given: FailoverInput, workflowId: string): Promise<FailoverInput> => {
    const wanted = given.mode === 'real' && given.runbook.signatures.real === 'signed';
    if (!wanted || given.declaration !== undefined) return given;
    const at = new Date().toISOString();
    const text = declarationText(given, { workflowId, at });
    return { ...given, declaration: { at, signature: await signature(given.person, text) } };
  };
  return {
    stage,
    policy,
    people: policy.people,
    log,
    lines: async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== ''),
    writes: (line, script = '') => ['sh', '-c', `echo "${line}" >> ${log}; ${script}`],
    input,
    start: async (steps, { book = {}, ...changes } = {}) => {
      count += 1;
      const named = runbook(steps, { name: `book-${count}`, ...book });
      const kind = (changes.mode ?? 'real') === 'real' ? 'failover' : 'drill';
      const workflowId = `${kind}/${named.name}`;
      return orchestra.client.workflow.start<Workflows['failover']>(workflowTypes.failover, {
        workflowId,
        taskQueue: taskQueueOf('ams'),
        args: [await declared(input(named, changes), workflowId)],
      });
    },
    signed: async (run, name, said) => ({
      ...said,
      signature: await signature(said.by, messageText(run, name, said)),
    }),
    keyOf: (person) => keys.get(person) ?? '',
    rest: () => playing.stop(),
    wake: async () => {
      playing = await orchestra.play('ams');
    },
    close: () => stage.close(),
  };
}

export const progressOfRun = (handle: Failover): Promise<FailoverProgress> =>
  handle.query<FailoverProgress>(progressQuery);

/** Waits until a run looks as it should, and gives what it shows; one that has ended will not look otherwise. */
export function seen(
  handle: Failover,
  looks: (run: FailoverProgress) => boolean,
  what = 'another state',
): Promise<FailoverProgress> {
  let last: FailoverProgress | undefined;
  const fault = () =>
    new Error(
      `${what}: ${last?.phase} ${last?.steps.map(({ id, state, sentences }) => `${id} ${state} ${sentences.join(' ')}`).join(', ')}`,
    );
  return eventually(
    async () => {
      last = await progressOfRun(handle);
      if (!looks(last)) throw fault();
      return last;
    },
    90,
    () => (last?.phase === 'done' && !looks(last) ? fault() : undefined),
  );
}

/** Waits until a step waits for people in that way. */
export async function waiting(
  handle: Failover,
  id: string,
  kind: NonNullable<StepProgress['waitsFor']>['kind'],
): Promise<{ run: FailoverProgress; step: StepProgress }> {
  const at = (run: FailoverProgress) => run.steps.find((step) => step.id === id);
  const run = await seen(
    handle,
    (each) => at(each)?.waitsFor?.kind === kind,
    `${id} should wait for its ${kind}`,
  );
  const step = at(run);
  if (step === undefined) throw new Error(`no step ${id}`);
  return { run, step };
}

export const say = <Name extends FailoverMessageName>(
  handle: Failover,
  name: Name,
  said: FailoverSaid[Name],
): Promise<FailoverAnswer> =>
  handle.executeUpdate<FailoverAnswer, [FailoverSaid[Name]]>(name, { args: [said] });

/** Approves what a step shows, by name. */
export async function approveStep(handle: Failover, id: string, by: string): Promise<FailoverAnswer> {
  const { step } = await waiting(handle, id, 'approval');
  return say(handle, 'approve', { by, step: id, hash: step.hash ?? '' });
}
