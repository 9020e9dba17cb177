// The console stage: serves the web page and its files, all of them part of its bundle.
// The page calls the public API with its user's key, so this function may do nothing but write its log.
import { Construct } from 'constructs';
import { NodeFunction } from './node-function.ts';
import { functionDefaults } from './shared-resources.ts';
import type { RelayApi } from '../relay-api.ts';
import type { SharedResources } from './shared-resources.ts';

const CONSOLE_TIMEOUT_SECONDS = 10;

interface ConsoleStageProps {
  readonly resources: SharedResources;
  readonly api: RelayApi;
}

export class ConsoleStage extends Construct {
  readonly handler: NodeFunction<'console'>;

  constructor(scope: Construct, id: string, { resources, api }: ConsoleStageProps) {
    super(scope, id);
    const { alarms, version } = resources;
    this.handler = new NodeFunction(this, 'Handler', {
      ...functionDefaults(resources),
      stage: 'console',
      description: 'Get3W Relay: serves the web page',
      environment: { SERVICE_NAME: alarms.service, RELAY_VERSION: version },
      timeoutSeconds: CONSOLE_TIMEOUT_SECONDS,
      // No task waits for it.
      errorSeverity: 'ticket',
    });
    api.serve(this, 'console', this.handler.function);
  }
}
