import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyOutputs } from '../../../cli/verify-outputs.ts';
import type { ListedOutput } from '../../../cli/listed-outputs.ts';

const content = Buffer.from('kept');
const sample: ListedOutput = {
  task_id: 't',
  account_id: 'a',
  output: 0,
  ended_at: '',
  state: 'kept',
  tries: 1,
  source: '',
  key: 'outputs/a/t/1-0',
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
  content_type: 'image/png',
  kept_at: '',
  cause: null,
};

async function* streamOf<Value>(...values: readonly Value[]): AsyncGenerator<Value> {
  yield* values;
}

function verifying(read: (key: string) => AsyncIterable<Buffer> | undefined, ...outputs: readonly ListedOutput[]) {
  return verifyOutputs({ read: async (key) => read(key) }, streamOf(...outputs), () => {});
}

describe('verifying kept outputs', () => {
  it('accepts the same bytes, however they come', async () => {
    const read = () => streamOf(content.subarray(0, 1), content.subarray(1));
    expect(await verifying(read, sample)).toEqual({ outputs: 1, bytes: 4, different: [] });
  });

  it.each([
    ['holds nothing', () => undefined, 'nothing'],
    ['holds one byte other', () => streamOf(Buffer.from('kepT')), 'other-bytes'],
    ['holds one byte less', () => streamOf(content.subarray(1)), 'other-bytes'],
    [
      'breaks off',
      async function* () {
        throw new RangeError('cut');
      },
      'unreadable',
    ],
  ])('reports an object that %s', async (_name, read, found) => {
    const { different } = await verifying(read as () => AsyncIterable<Buffer>, sample);
    expect(different).toMatchObject([{ task_id: 't', output: 0, key: sample.key, found }]);
  });

  it('checks the others where one cannot be read', async () => {
    const others = Array.from({ length: 20 }, (_, output) => ({ ...sample, output, key: String(output) }));
    const { outputs, different } = await verifying(
      (key) => {
        if (key === '3') throw new Error('refused');
        return streamOf(content);
      },
      ...others,
    );
    expect([outputs, different.map(({ output }) => output)]).toEqual([20, [3]]);
  });
});
