// Freezes a value to its depth, so that a test fails where code changes what a store has returned.
// Stops at what is frozen already: a task's next version shares most of its parts with the last one.

export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}
