// Replaces `node:https` in every bundle, for the reason given in node-http.cjs.
// It answers for nothing else: what https is, Node decides.
module.exports = process.getBuiltinModule('node:https');
