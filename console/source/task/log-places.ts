// Where the log lines of a task are: on one machine by a command; in AWS by a query of CloudWatch Logs Insights, with a
// link where the page's own address tells the region.

interface LogPlaces {
  /** A command or a query. */
  readonly text: string;
  /** Where to ask the query; undefined on one machine, and behind a name of one's own. */
  readonly address: string | undefined;
}

const executeApi = /^[a-z0-9]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com$/;

/** @param host of the page. */
export function logPlaces(taskId: string, host: string, isLocal: boolean): LogPlaces {
  // In the folder that the relay was started from, with its usual data directory.
  if (isLocal) return { text: `grep -h ${taskId} .relay/logs/*`, address: undefined };
  const [, region] = executeApi.exec(host) ?? [];
  return {
    // A line names its task as a field or within a list, so that the whole line is searched.
    text: ['fields @timestamp, @log, @message', `| filter @message like "${taskId}"`, '| sort @timestamp asc'].join(
      '\n',
    ),
    address:
      region === undefined
        ? undefined
        : `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logsV2:logs-insights`,
  };
}
