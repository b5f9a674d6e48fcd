/** What the compiler says of an example that imports the library by its public names, with the project's own settings. */
import { resolve } from 'node:path';
import ts from 'typescript';

const ENTRIES = {
  gradshader: ['src/index.ts'], 'gradshader/optim': ['src/optim/index.ts'], 'gradshader/reference': ['src/reference/index.ts'],
};

/** Parsed once in a process: most of a check's time goes to files that are no example. */
const parsed = new Map<string, ts.SourceFile | undefined>();

export function typeErrorsOf(text: string): string[] {
  const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile('tsconfig.json', ts.sys.readFile).config, ts.sys, '.');
  options.paths = Object.fromEntries(Object.entries(ENTRIES).map(([name, [path]]) => [name, [resolve(path!)]]));
  const name = resolve('example-to-check.ts');
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => file === name || fileExists(file);
  host.readFile = (file) => (file === name ? text : readFile(file));
  host.getSourceFile = (file, language, ...rest) => {
    if (file === name) return ts.createSourceFile(file, text, language);
    if (!parsed.has(file)) parsed.set(file, getSourceFile(file, language, ...rest));
    return parsed.get(file);
  };
  const program = ts.createProgram([name, resolve('src/wgsl.d.ts')], options, host);
  const file = program.getSourceFile(name)!;
  return [...program.getOptionsDiagnostics(), ...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** The first TypeScript example in a file's first docstring. */
export const exampleIn = (source: string): string =>
  /```ts\n([\s\S]*?) \* ```/.exec(/^\/\*\*[\s\S]*?\*\//.exec(source)![0])![1]!.replace(/^ \* ?/gm, '');
