// Senseless answers of the other side, for simulated worlds: answers of gateways in Get3W's place, with every
// status that proves nothing; values of Retry-After; and tasks of Get3W that cannot be stored.
// All of it is written independently of the relay's readers: the auditor says what these must make of it.

/**
 * Statuses that do not show whether a task was made. Refusals (4xx but 408) are not among them: those count as Get3W's
 * own from any sender, which is a rule and not a fault.
 */
export const garbledStatuses: readonly [number, ...number[]] = [
  ...([200, 200, 201, 202, 204, 206, 301, 302, 304, 408, 408] as const),
  ...([500, 500, 500, 502, 502, 503, 503, 504, 504, 507, 520, 599] as const),
];

/** Bodies that are not a task and not in Get3W's words. */
export const garbledBodies: readonly [string, ...string[]] = [
  '<html>Bad Gateway</html>',
  '',
  '{"id":',
  'null',
  '[]',
  '{}',
  '500',
  '{"message":"Service Unavailable"}',
  '{"code":"500","error":"a code that is a text"}',
  '{"code":500,"error":{"text":"an error that is none"}}',
  `{"id":"${'x'.repeat(201)}","status":"created"}`,
  '{"id":"","status":"who knows"}',
  '{"status":"created","estimated_duration":1e300}',
  `{"id":${'['.repeat(9_999)}${']'.repeat(9_999)}}`,
  // One letter first, so that every even bound falls within a pair.
  `x${'\u{1F9E8}'.repeat(2_000)}`,
];

/** Waits of more than an hour are nonsense too, and are cut to that. */
export function retryAfters(now: number): readonly [string, ...string[]] {
  return [
    '0',
    '-5',
    '12.5',
    '1e3',
    'soon',
    '',
    '1764281000',
    '20260101000000',
    '99999999999999',
    'Thu, 01 Jan 2082 00:00:00 GMT',
    '86400',
    '999999',
    String(Math.ceil(now / 1_000) + 20),
    new Date(now + 20_000).toUTCString(),
  ];
}

/** The most that any answer may make a task or a gate wait for. */
export const RETRY_AFTER_MS_MAX = 3_600_000;

/** How a task of Get3W's ends that cannot be stored, or only with care. */
export type Oddity = 'nested' | 'long' | 'seed' | 'error-text' | 'code';
/** Of error texts more: few tasks fail, and fewer in a world that is odd. */
export const oddities: readonly [Oddity, ...Oddity[]] = [
  ...(['nested', 'long', 'seed', 'code', 'error-text', 'error-text', 'error-text', 'error-text'] as const),
];

/** A number that no double holds. */
const SEED = '18446744073709551615';

/** Outputs as JSON text; `url` names the task, so that an auditor can see whose success a job ended with. */
export function outputsText(url: string, oddity: Oddity | undefined, further: readonly string[] = []): string {
  switch (oddity) {
    case 'nested':
      return `["${url}",${'['.repeat(9_999)}${']'.repeat(9_999)}]`;
    case 'long':
      return `["${url}","${'x'.repeat(70_000)}"]`;
    case 'seed':
      return `["${url}",${SEED}]`;
    default:
      return JSON.stringify([url, ...further]);
  }
}

/** The text of a failure as JSON: half of an emoji where it is cut, and half of one at its end. */
export function errorTextOf(code: number, oddity: Oddity | undefined): string {
  return oddity === 'error-text' ? `"${'x'.repeat(999)}\u{1F600}\\ud83d"` : `"as Get3W says of ${code}\\udc00"`;
}

/** The code of a failure as JSON, which may be one that no number can represent. */
export function codeText(code: number, oddity: Oddity | undefined): string {
  return oddity === 'code' ? '1e999' : String(code);
}
