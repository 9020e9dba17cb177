// A handler that is created by its first call and kept for the life of the process, not when its module is loaded: a
// missing environment variable then fails a call, with its log line, and tests can import a handler without an
// environment.

export function madeOnce<Parameters extends readonly unknown[], Result>(
  make: () => (...parameters: Parameters) => Result,
): (...parameters: Parameters) => Result {
  let made: ((...parameters: Parameters) => Result) | undefined;
  return (...parameters) => {
    made ??= make();
    return made(...parameters);
  };
}
