// The bucket of media that stay: the outputs that tasks keep, and inputs that are too long for the table. Private, encrypted, over TLS only; what is in it is deleted
// by age. An existing bucket keeps its own rules, and the relay only its folder in it.
// The keep stage writes to it; the api signs addresses of it.
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { inputLifeMs, INPUTS_FOLDER, OUTPUTS_FOLDER, UNUSED_FOLDER } from '../core/domain/media/media-settings.ts';
import { DAY_MS } from '../core/domain/time-ms.ts';
import type { CfnBucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { MediaFolder } from '../core/domain/media/media-settings.ts';
import type { RelaySettings } from '../core/domain/settings.ts';

/** A CloudFront distribution of yours in front of the bucket, whose addresses clients get in place of S3's. */
export interface MediaDistribution {
  /** Host name, such as `media.example.com`. */
  readonly domain: string;
  /** Id of the public key in the trusted key group of its behaviour. */
  readonly keyPairId: string;
  /** Complete ARN of a secret whose whole text is the private key as PEM, encrypted with the account's own key. */
  readonly privateKeySecretArn: string;
}

/** As the api function reads it. @throws Error for a domain that is none. */
export function distributionText({ domain, keyPairId, privateKeySecretArn: secretArn }: MediaDistribution): string {
  if (/^[a-z0-9.-]+$/i.test(domain)) return JSON.stringify({ domain, keyPairId, secretArn });
  throw new Error(
    `mediaDistribution.domain must be a host name without a scheme, such as media.example.com: ${domain}`,
  );
}

interface MediaBucketProps {
  /** ARN of a bucket to use in place of one of the stack's own. */
  readonly existingArn: string | undefined;
  /** Whether it outlives the stack. */
  readonly isRetained: boolean;
  readonly settings: Pick<RelaySettings, 'media' | 'deadlineMs' | 'retention'>;
  /** Customer key that encrypts it. @default S3's own */
  readonly dataKey: IKey | undefined;
  readonly distribution: MediaDistribution | undefined;
}

export class MediaBucket extends Construct {
  readonly bucket: IBucket;
  readonly distribution: MediaDistribution | undefined;

  constructor(scope: Construct, id: string, props: MediaBucketProps) {
    super(scope, id);
    this.distribution = props.distribution;
    this.bucket =
      props.existingArn === undefined
        ? this.#makeBucket(props)
        : Bucket.fromBucketArn(this, 'Bucket', props.existingArn);
  }

  /** ARN of all objects of a folder, which the role may name at once. */
  folderArn(folder: MediaFolder, role: IConstruct): string {
    const arn = this.bucket.arnForObjects(`${folder}/*`);
    const own = this.bucket.node.defaultChild as CfnBucket | undefined;
    // As cdk-nag names it, which wants a reason for its star.
    const shown = own ? `<${Stack.of(this).getLogicalId(own)}.Arn>/${folder}/*` : arn;
    const id = `AwsSolutions::AwsSolutions-IAM5[Resource::${shown}]`;
    const reason = 'The objects of a folder have keys of their own, and the role may have all of them.';
    Validations.of(role).acknowledge({ id, reason });
    return arn;
  }

  #makeBucket({ isRetained, settings, dataKey }: MediaBucketProps): Bucket {
    const bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      // An erased output must be gone, which an older version of it would not be.
      versioned: false,
      ...(dataKey
        ? { encryption: BucketEncryption.KMS, encryptionKey: dataKey, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
      lifecycleRules: [
        { id: 'outputs', prefix: `${OUTPUTS_FOLDER}/`, expiration: wholeDays(settings.media.keptMs) },
        { id: 'inputs', prefix: `${INPUTS_FOLDER}/`, expiration: wholeDays(inputLifeMs(settings)) },
        { id: 'unused-uploads', prefix: `${UNUSED_FOLDER}/`, expiration: Duration.days(1) },
        // What a killed function has uploaded in parts is paid for, and shown in no list of objects.
        { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      removalPolicy: isRetained ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const reason = 'Only functions of the relay read and write it, and each write is in the log of the relay.';
    Validations.of(bucket).acknowledge({ id: 'AwsSolutions::AwsSolutions-S1', reason });
    return bucket;
  }
}

function wholeDays(ageMs: number): Duration {
  return Duration.days(Math.ceil(ageMs / DAY_MS));
}
