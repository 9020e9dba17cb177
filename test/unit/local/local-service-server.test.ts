import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataDirectory } from '../../../local/data-directory.ts';
import { localSecrets } from '../../../local/services/local-secrets.ts';
import { startServiceServer } from '../../../local/services/service-server.ts';
import { standInCredentials } from '../../../local/services/stand-in-credentials.ts';
import type { Publication, ServiceServer } from '../../../local/services/service-server.ts';

let server: ServiceServer;
let published: Publication[];
beforeEach(async () => {
  published = [];
  server = await startServiceServer((publication) => published.push(publication));
});
afterEach(() => server.close());

describe('the stand-in of small services', () => {
  it('answers the SDK with the value of a secret, and refuses one that does not exist', async () => {
    server.setSecrets(new Map([['arn:one', 'sk_x']]));
    const client = new SecretsManagerClient({ endpoint: server.url, ...standInCredentials, maxAttempts: 1 });
    expect((await client.send(new GetSecretValueCommand({ SecretId: 'arn:one' }))).SecretString).toBe('sk_x');
    await expect(client.send(new GetSecretValueCommand({ SecretId: 'arn:two' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(client.send(new ListSecretsCommand({}))).rejects.toMatchObject({ name: 'UnknownOperationException' });
  });

  it('forwards what is published to a topic of the stack, and to no other', async () => {
    server.setTopics(['arn:topic']);
    const publish = (TopicArn: string) =>
      fetch(server.url, {
        method: 'POST',
        body: new URLSearchParams({ Action: 'Publish', TopicArn, Subject: 'Oh', Message: 'dear' }),
      });
    expect((await publish('arn:topic')).status).toBe(200);
    expect((await publish('arn:other')).status).toBe(400);
    expect(published).toEqual([{ topicArn: 'arn:topic', subject: 'Oh', message: 'dear' }]);
  });
});

describe('the secrets of a local relay', () => {
  it("Get3W's key goes where functions read it and is not stored; other keys are drawn once and kept", () => {
    const path = mkdtempSync(join(tmpdir(), 'relay-secrets-'));
    const data = openDataDirectory(path, false);
    const secrets = [
      { arn: 'arn:key', name: 'Key', generatedChars: 32 },
      { arn: 'arn:other', name: 'Other', generatedChars: 40 },
    ];
    const functions = [{ environment: { GET3W_KEY_SECRET_ARN: 'arn:key' } }] as never;
    const values = () => localSecrets({ data, secrets, functions, get3wKey: 'sk_real' });
    const first = values();
    expect(first.get('arn:key')).toBe('sk_real');
    expect(first.get('arn:other')).toHaveLength(40);
    expect(values()).toEqual(first);
    expect(JSON.stringify(data.read('secrets.json'))).not.toContain('sk_real');
    data.release();
    rmSync(path, { recursive: true });
  });
});
