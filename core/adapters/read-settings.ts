// The settings of a deployment, as the stack writes them into the functions' environment.
// core/domain/settings.ts defines them; the construct checks them before deployment.
import { RelayError } from '../domain/relay-error.ts';
import type { RelaySettings } from '../domain/settings.ts';

/** @throws RelayError `settings-invalid` for a text that is not JSON. */
export function readSettings(text: string): RelaySettings {
  try {
    const { media, ...settings } = JSON.parse(text) as RelaySettings;
    // Left out by the stack while it is off.
    return { ...settings, media: { ...media, streamBytesMax: media.streamBytesMax ?? 0 } };
  } catch (cause) {
    throw new RelayError('settings-invalid', 'SETTINGS is not JSON', {}, { cause });
  }
}
