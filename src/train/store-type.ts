/** What a store is. */

/** Records by key. */
export interface Store<Kept> {
  /** For people: where it lies. */
  readonly place?: string;
  get(key: string): Promise<Kept | undefined> | Kept | undefined;
  set(key: string, record: Kept): Promise<void> | void;
}
