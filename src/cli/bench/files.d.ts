/** Scripts are imported as text; the bundlers' loaders see to it. */
declare module '*.sh' {
  const source: string;
  export default source;
}
