// The region and the credentials with which everything here talks to the stand-ins of AWS's services. They open
// nothing anywhere: the stand-ins take any.
// Functions get the same ones in their environment, as Lambda would give them.

export const standInCredentials = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local', sessionToken: 'local' },
} as const;
