// Loaded before a program (`node --import`): makes names below `localhost` resolve to this machine, as RFC 6761
// requires and as glibc, which Node uses, does not. MiniStack gives such names to its APIs.
import dns from 'node:dns';

const { lookup } = dns;

function onThisMachine(name: unknown): unknown {
  return String(name).endsWith('.localhost') ? '127.0.0.1' : name;
}

dns.lookup = Object.assign((...args: unknown[]) => {
  const [name, ...others] = args;
  return (lookup as (...all: unknown[]) => void)(onThisMachine(name), ...others);
}, lookup);
