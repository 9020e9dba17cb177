// The ports of the flows about webhook endpoints: those of every command, and a caller that calls receivers from this
// machine, by the rules for addresses that the relay has.
import { makeWebhookCallerWhenUsed } from '../core/adapters/webhook-caller-when-used.ts';
import { relayVersion } from './relay-version.ts';
import type { EndpointPorts } from '../core/ports/endpoint-ports.ts';
import type { CommandPorts } from './command-ports.ts';

export function endpointPorts(ports: CommandPorts): EndpointPorts {
  const { clock, settings, store } = ports;
  const caller = makeWebhookCallerWhenUsed({
    policy: settings.deliveries.addresses,
    clock,
    userAgent: `get3w-relay/${relayVersion()}`,
  });
  return { ...ports, webhooks: store, caller };
}
