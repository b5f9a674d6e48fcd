/** Shaders are imported as text; the bundlers' loaders see to it. */
declare module '*.wgsl' {
  const source: string;
  export default source;
}
