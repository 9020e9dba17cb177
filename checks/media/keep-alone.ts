// The bundle of the keep function alone in a process: loads it as Lambda would, and serves one doorbell for each message of
// the process that measures it.
// Its only argument is the folder of the bundles; the environment is the function's.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SQSBatchResponse } from 'aws-lambda';

const bundle = join(process.argv[2] ?? '', 'keep', 'index.mjs');
const { handler } = (await import(pathToFileURL(bundle).href)) as {
  handler: (event: object) => Promise<SQSBatchResponse>;
};

process.on('message', (taskId) => {
  const attributes = { SentTimestamp: String(Date.now()), ApproximateReceiveCount: '1' };
  const record = { messageId: '1', body: JSON.stringify({ kind: 'keep', taskId }), attributes };
  handler({ Records: [record] }).then(
    ({ batchItemFailures }) => process.send?.({ isServed: batchItemFailures.length === 0, cpuMs: cpuMs() }),
    (error: unknown) => process.send?.({ isServed: false, text: String(error) }),
  );
});
process.send?.({ isServed: true, cpuMs: cpuMs() });

/** Of the whole process, since it began. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
