/** One page of the documentation; its name is the file's, and the end of its address. */
export interface Page {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  readonly children?: readonly Page[];
}
