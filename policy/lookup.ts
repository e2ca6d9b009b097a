/** The entry of that name; undefined when there is none, also for names that every object has, such as `constructor`. */
export function lookUp<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
