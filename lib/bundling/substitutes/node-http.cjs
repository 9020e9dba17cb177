// Replaces `node:http` in every bundle (an esbuild alias, see function-bundles.ts). Importing the built-in from
// an ES module lists all its names and so loads undici, which costs a cold start about 20 ms (nodejs/node#59686);
// getBuiltinModule does not.
module.exports = process.getBuiltinModule('node:http');
