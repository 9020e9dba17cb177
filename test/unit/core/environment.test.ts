// What a function reads of its environment: all that its stage needs, or one error that names what is missing.
import { describe, expect, it } from 'vitest';
import { environmentNames, readEnvironment } from '../../../core/contract/environment.ts';

const names: readonly string[] = environmentNames.dispatch;
const whole: Readonly<Record<string, string>> = Object.fromEntries(names.map((name) => [name, `of ${name}`]));

describe('the environment of a function', () => {
  it('lacks nothing, or is refused with every name that is missing', () => {
    const { GET3W_URL: _url, BUCKET_NAME: _bucket, ...others } = whole;
    expect(() => readEnvironment('dispatch', others)).toThrow('dispatch lacks BUCKET_NAME, GET3W_URL');
  });

  it.each([
    [{}, undefined],
    [{ AWS_ENDPOINT_URL: 'http://all' }, 'http://all'],
    [{ AWS_ENDPOINT_URL: 'http://all', AWS_ENDPOINT_URL_S3: 'http://s3' }, 'http://s3'],
  ])('has the address of S3 as the SDK would read it from %j', (more, address) => {
    expect(readEnvironment('dispatch', { ...whole, ...more }).AWS_ENDPOINT_URL_S3).toBe(address);
  });
});
