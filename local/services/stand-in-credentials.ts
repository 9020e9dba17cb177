// The region and the credentials for calls to the stand-ins of AWS's services. They open nothing anywhere, since the
// stand-ins accept any. Functions get them in their environment, as from Lambda.

export const standInCredentials = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local', sessionToken: 'local' },
} as const;
