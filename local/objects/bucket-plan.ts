// The plan of a bucket of the template: its name. On one machine its objects are files of the data directory, private to
// its owner, and kept until the directory is deleted.
import type { ResourceReader } from '../template/resource-reader.ts';

export interface BucketPlan {
  readonly name: string;
}

/** Reads `AWS::S3::Bucket`. */
export function readBucket(name: string, properties: ResourceReader): BucketPlan {
  // One user, who may do everything, on a disk that is encrypted or not as its owner wants it.
  properties.passOver('BucketName', 'Tags', 'BucketEncryption', 'PublicAccessBlockConfiguration', 'OwnershipControls');
  // Ages of days: nothing is deleted here by age.
  properties.passOver('LifecycleConfiguration');
  return { name };
}
