import {
  GetBucketLifecycleConfigurationCommand,
  type GetBucketLifecycleConfigurationCommandOutput,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  type TransitionStorageClass,
} from '@aws-sdk/client-s3';
import { HoldfastError } from '../../policy/errors.ts';
import type { S3Repository } from '../../policy/resolved.ts';
import { type BucketRule, ownRules } from '../lifecycle.ts';
import { S3Error } from './s3-errors.ts';
import { contentMD5Step, withContentMD5 } from './s3-integrity.ts';
import type { CallOptions } from './s3-session.ts';
import { defaultTiming, S3Session, type S3Timing } from './s3-session.ts';
import { isUnknownThere } from './s3-versions.ts';

type Answer = Pick<
  GetBucketLifecycleConfigurationCommandOutput,
  'Rules' | 'TransitionDefaultMinimumObjectSize'
>;

type Found = {
  rules: LifecycleRule[];
  smallest: number | null;
  /** What the bucket has beside its rules, to be put again with them. */
  setting: Pick<Answer, 'TransitionDefaultMinimumObjectSize'>;
};

/** With `all_storage_classes_128K`, S3's default of new configurations, nothing smaller is moved. */
const defaultSmallest = 128 * 1024 - 1;

/** The lifecycle configuration of a repository's bucket. */
export class S3Lifecycle {
  readonly #session: S3Session;

  private constructor(session: S3Session) {
    this.#session = session;
  }

  /** @throws HoldfastError `bad-policy` when `caFile` can't be read. */
  static async open(repository: S3Repository, timing: Partial<S3Timing> = {}): Promise<S3Lifecycle> {
    return new S3Lifecycle(await S3Session.open(repository, { ...defaultTiming, ...timing }));
  }

  /**
   * Every rule that the bucket has.
   *
   * @throws HoldfastError `bad-policy` where the service has no such rules, `access-denied`
   */
  async read(options: CallOptions = {}): Promise<BucketRule[]> {
    const { rules, smallest } = await this.#get(options);
    return rules.map((rule) => bucketRuleOf(rule, smallest));
  }

  /**
   * Puts Holdfast's rules in place of those that it put before, and leaves every other rule as it is.
   *
   * @throws HoldfastError `bad-policy` where the service has no such rules, or not these
   */
  async write(own: readonly BucketRule[], options: CallOptions = {}): Promise<void> {
    const { rules, setting } = await this.#get(options);
    const foreign = rules.filter(({ ID = '' }) => !ID.startsWith(ownRules));
    const input = {
      Bucket: this.#session.repository.bucket,
      ...setting,
      LifecycleConfiguration: { Rules: [...foreign, ...own.map(lifecycleRuleOf)] },
    };
    await this.#ask('writing the lifecycle rules', (what) =>
      this.#session.call(
        what,
        (client, sending) => {
          const command = new PutBucketLifecycleConfigurationCommand(input);
          if (this.#session.repository.checksums === 'when-required')
            command.middlewareStack.add(withContentMD5, contentMD5Step);
          return client.send(command, sending);
        },
        options,
      ),
    );
  }

  close(): void {
    this.#session.close();
  }

  async #get(options: CallOptions): Promise<Found> {
    const Bucket = this.#session.repository.bucket;
    const found: Answer = await this.#ask('reading the lifecycle rules', async (what) => {
      try {
        return await this.#session.call(
          what,
          (client, sending) => client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }), sending),
          options,
        );
      } catch (error) {
        if (error instanceof S3Error && error.service === 'NoSuchLifecycleConfiguration') return {};
        throw error;
      }
    });
    const { Rules: rules = [], TransitionDefaultMinimumObjectSize: kept } = found;
    return {
      rules,
      smallest: kept === 'all_storage_classes_128K' ? defaultSmallest : null,
      setting: kept === undefined ? {} : { TransitionDefaultMinimumObjectSize: kept },
    };
  }

  async #ask<T>(what: string, ask: (what: string) => Promise<T>): Promise<T> {
    try {
      return await ask(what);
    } catch (error) {
      if (!(error instanceof S3Error) || !isUnknownThere(error)) throw error;
      const { name, bucket } = this.#session.repository;
      throw new HoldfastError(
        'bad-policy',
        `Repository ${name}: ${what} of bucket ${bucket} failed: its service does not carry out such rules.`,
        { hint: 'Let retention move and remove copies there (`storage` of the retention).', cause: error },
      );
    }
  }
}

function bucketRuleOf(rule: LifecycleRule, smallest: number | null): BucketRule {
  const { Filter: filter, Expiration: expiration } = rule;
  const and = filter?.And;
  return {
    id: rule.ID ?? '(without a name)',
    enabled: rule.Status === 'Enabled',
    prefix: filter?.Prefix ?? and?.Prefix ?? rule.Prefix ?? '',
    tagged: filter?.Tag !== undefined || (and?.Tags ?? []).length > 0,
    above: filter?.ObjectSizeGreaterThan ?? and?.ObjectSizeGreaterThan ?? null,
    below: filter?.ObjectSizeLessThan ?? and?.ObjectSizeLessThan ?? null,
    expire: expiration?.Days ?? (expiration?.Date === undefined ? null : 'date'),
    expireMarkers: expiration?.ExpiredObjectDeleteMarker === true,
    expireNoncurrent: rule.NoncurrentVersionExpiration?.NoncurrentDays ?? null,
    abortUploads: rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation ?? null,
    transitions: (rule.Transitions ?? []).map(({ Days, Date: date, StorageClass = '' }) => ({
      days: Days ?? (date === undefined ? 0 : 'date'),
      storageClass: StorageClass,
    })),
    movesAbove: smallest,
  };
}

function lifecycleRuleOf(rule: BucketRule): LifecycleRule {
  const { above, expire, expireNoncurrent, abortUploads } = rule;
  const expiration = {
    ...(typeof expire === 'number' ? { Days: expire } : {}),
    ...(rule.expireMarkers ? { ExpiredObjectDeleteMarker: true } : {}),
  };
  return {
    ID: rule.id,
    Status: rule.enabled ? 'Enabled' : 'Disabled',
    Filter:
      above === null
        ? { Prefix: rule.prefix }
        : { And: { Prefix: rule.prefix, ObjectSizeGreaterThan: above } },
    ...(Object.keys(expiration).length === 0 ? {} : { Expiration: expiration }),
    ...(expireNoncurrent === null
      ? {}
      : { NoncurrentVersionExpiration: { NoncurrentDays: expireNoncurrent } }),
    ...(abortUploads === null
      ? {}
      : { AbortIncompleteMultipartUpload: { DaysAfterInitiation: abortUploads } }),
    ...(rule.transitions.length === 0
      ? {}
      : {
          Transitions: rule.transitions.flatMap(({ days, storageClass }) =>
            typeof days === 'number' && isClass(storageClass)
              ? [{ Days: days, StorageClass: storageClass }]
              : [],
          ),
        }),
  };
}

function isClass(name: string): name is TransitionStorageClass {
  return name !== '';
}
