// Forms for uploads without a bucket behind them.
import type { UploadPorts } from '../../../functions/api/upload-calls.ts';

export const memoryUploads: UploadPorts = {
  relayUrl: 'https://relay.example',
  uploadForms: {
    makeForm: async ({ key, contentType, goodMs }) => ({
      url: 'https://bucket.example',
      fields: { key, 'Content-Type': contentType },
      expiresAt: goodMs,
    }),
  },
};
