// The secret that holds the Get3W key: an existing one, or a new empty one, so that the template contains no value and
// none can be mistaken for a key. An operator puts the key in after the deployment.
import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

interface ProviderKeyProps {
  /** Complete ARN of a secret whose whole text is the key. @default an empty secret is made */
  readonly existingSecretArn?: string | undefined;
  /** ARN of the customer key that the secret is encrypted with. @default the account's key for Secrets Manager */
  readonly kmsKeyArn?: string | undefined;
  /** Whether the secret outlives the stack. */
  readonly isRetained: boolean;
}

export class ProviderKey extends Construct {
  readonly secretArn: string;

  constructor(scope: Construct, id: string, props: ProviderKeyProps) {
    super(scope, id);
    this.secretArn = props.existingSecretArn ?? this.#makeSecret(props);
  }

  #makeSecret({ isRetained, kmsKeyArn }: ProviderKeyProps): string {
    // The L2 construct would generate a random value, which functions could not distinguish from a key.
    const secret = new CfnSecret(this, 'Secret', {
      description:
        'Key of the Get3W account, as plain text: aws secretsmanager put-secret-value --secret-string sk_...',
      kmsKeyId: kmsKeyArn,
    });
    secret.applyRemovalPolicy(isRetained ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason: 'Get3W has no call that makes a new key, so only a person can rotate it.',
    });
    return secret.ref;
  }
}
