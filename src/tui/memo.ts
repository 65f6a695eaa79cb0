// Results that several parts of one frame ask for are worked out once: they depend on the state alone.

/** The function, with its result kept for each value as long as that lives. */
export function perValue<Value extends object, Result>(work: (value: Value) => Result): (value: Value) => Result {
  const results = new WeakMap<Value, { readonly result: Result }>();
  return (value) => {
    let known = results.get(value);
    if (!known) results.set(value, (known = { result: work(value) }));
    return known.result;
  };
}
