/** Files that come in as they are; the bundlers' loaders see to it. */
declare module '*.wasm' {
  const bytes: Uint8Array;
  export default bytes;
}
declare module '*.py' {
  const source: string;
  export default source;
}
