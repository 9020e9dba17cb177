// A handler that is made with its first call and kept for the life of the process. Not when its module is loaded: what
// is missing in the environment then fails a call, with its log line, and tests import a handler without an environment.

export function madeOnce<Parameters extends readonly unknown[], Result>(
  make: () => (...parameters: Parameters) => Result,
): (...parameters: Parameters) => Result {
  let made: ((...parameters: Parameters) => Result) | undefined;
  return (...parameters) => {
    made ??= make();
    return made(...parameters);
  };
}
