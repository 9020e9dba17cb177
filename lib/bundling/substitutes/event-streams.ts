// Replaces `@smithy/core/event-streams` in the functions' bundles. The SDK imports it in the one call that reads or sends
// a stream of events, which no operation of the relay does; with it, each bundle has 14 KB more for Node to parse at a
// cold start.
export class EventStreamSerde {
  constructor() {
    throw new Error('this bundle has no event streams: remove the substitute in lib/bundling');
  }
}

export function eventStreamSerdeProvider(): EventStreamSerde {
  return new EventStreamSerde();
}

/** The client of S3 asks for it when it is made; without a stream it needs nothing of it. */
export function resolveEventStreamSerdeConfig<Config>(config: Config): Config {
  return config;
}
