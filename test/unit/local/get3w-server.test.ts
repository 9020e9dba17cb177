import { describe, expect, it } from 'vitest';
import { readGet3wServer } from '../../../local/get3w-server.ts';

const KEY = 'sk_real';

describe('the server to which a local relay submits', () => {
  it('is the simulator without a key, also where the variables are empty', () => {
    expect(readGet3wServer({}, false)).toBeUndefined();
    expect(readGet3wServer({ GET3W_API_KEY: '', GET3W_URL: '' }, false)).toBeUndefined();
  });

  it('is Get3W itself with a key, and then it is polled', () => {
    expect(readGet3wServer({ GET3W_API_KEY: KEY }, false)).toEqual({
      url: 'https://api.get3w.com',
      key: KEY,
      callsBack: false,
    });
  });

  it.each([
    ['http://127.0.0.1:4010', 'http://127.0.0.1:4010'],
    ['http://127.0.0.1:4010/', 'http://127.0.0.1:4010'],
    ['https://eu.api.example/get3w//', 'https://eu.api.example/get3w'],
  ])('is the server of GET3W_URL=%s, without the slash at its end', (given, url) => {
    const environment = { GET3W_API_KEY: KEY, GET3W_URL: given };
    expect(readGet3wServer(environment, false)).toEqual({ url, key: KEY, callsBack: false });
    expect(readGet3wServer(environment, true)).toEqual({ url, key: KEY, callsBack: true });
  });

  it.each([
    [{ GET3W_URL: 'http://127.0.0.1:4010' }, false, 'needs GET3W_API_KEY'],
    [{}, true, '--callbacks works only with GET3W_URL'],
    [{ GET3W_API_KEY: KEY }, true, 'Get3W itself cannot call this machine'],
    [{ GET3W_API_KEY: KEY, GET3W_URL: '127.0.0.1:4010' }, false, 'must be an http or https address'],
    [{ GET3W_API_KEY: KEY, GET3W_URL: 'ftp://x' }, false, 'must be an http or https address'],
    [{ GET3W_API_KEY: KEY, GET3W_URL: 'http://x/?a=1' }, false, 'without a query'],
    [{ GET3W_API_KEY: KEY, GET3W_URL: 'http://user:word@x' }, false, 'a user or a password'],
  ] as const)('is refused in a sentence for %o with --callbacks %s', (environment, wantsCallbacks, text) => {
    expect(() => readGet3wServer(environment, wantsCallbacks)).toThrow(text);
  });
});
