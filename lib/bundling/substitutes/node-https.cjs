// Stands in for `node:https` in every bundle, for the reason that node-http.cjs gives.
// It answers for nothing else: what https is, Node decides.
module.exports = process.getBuiltinModule('node:https');
