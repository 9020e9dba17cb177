// Loaded into a process before its program (`node --import`): there dynoxide has no package for the platform.
// What the program says and does then is for test/system/platforms.test.ts.
import Module from 'node:module';

const resolve = Module._resolveFilename;

Module._resolveFilename = function (request, ...rest) {
  if (!request.startsWith('@dynoxide/')) return resolve.call(this, request, ...rest);
  throw Object.assign(new Error(`Cannot find module '${request}'`), { code: 'MODULE_NOT_FOUND' });
};
