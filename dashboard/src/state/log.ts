/**
 * An append-only list whose older versions stay as they were.
 *
 * Appending to the newest version costs O(1), because versions share one store and differ in their
 * length; appending to an older version copies. So a fold over an hour of 10 Hz readings stays pure
 * without copying the hour at each reading.
 */
export class Log<T> implements Iterable<T> {
  private constructor(
    private readonly store: T[],
    readonly length: number,
  ) {}

  static empty<T>(): Log<T> {
    return new Log<T>([], 0);
  }

  static of<T>(items: Iterable<T>): Log<T> {
    const store = [...items];
    return new Log(store, store.length);
  }

  push(item: T): Log<T> {
    const isNewest = this.store.length === this.length;
    const store = isNewest ? this.store : this.store.slice(0, this.length);
    store.push(item);
    return new Log(store, this.length + 1);
  }

  /** The item at `index`; a negative index counts from the end. */
  at(index: number): T | undefined {
    const place = index < 0 ? this.length + index : index;
    return place >= 0 && place < this.length ? this.store[place] : undefined;
  }

  get last(): T | undefined {
    return this.at(-1);
  }

  /** The first index whose item's key is not less than `key`; items must ascend by key. */
  lowerBound(key: number, keyOf: (item: T) => number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (keyOf(this.store[middle] as T) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Items from `start` to the end, newest version's order. */
  from(start: number): T[] {
    return this.store.slice(Math.max(0, start), this.length);
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let index = 0; index < this.length; index += 1) yield this.store[index] as T;
  }
}
