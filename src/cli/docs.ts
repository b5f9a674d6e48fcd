/** `npm run docs`: the public API out of its docstrings, and the WGSL pages. What `dist/docs.js` exports. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Application, Comment, CommentTag, Converter, ReferenceType, ReflectionKind, SignatureReflection,
  type DeclarationReflection, type ProjectReflection,
} from 'typedoc';
import type { Page } from './docs-page.ts';
import { pages } from './docs-pages.ts';

/** What a program imports: `gradshader`, `gradshader/optim`, `gradshader/reference`. */
const ENTRIES = ['index.ts', 'optim/index.ts', 'reference/index.ts'];

/** Where a name is listed, by the file it is written in; the first that fits. */
const CATEGORIES: readonly (readonly [RegExp, string])[] = [
  [/\/reference\/(optimizers|rules|update)/, 'Update rules'],
  [/\/reference\/(regularizers|penalties|proximal)/, 'Penalties'],
  [/\/reference\/network/, 'Whole network'],
  [/\/reference\//, 'Kernels'],
  [/\/optim\//, 'Standalone updates'],
  [/\/model\/optimizers/, 'Optimizers'],
  [/\/model\/(regularizers|conventions|clip|pairs)/, 'Regularizers'],
  [/\/model\/schedules/, 'Schedules'],
  [/\/model\/inits/, 'Inits'],
  [/\/model\/(layers|losses|mlp\.ts|model\.ts)/, 'Layers and losses'],
  [/\/train\/|\/model\/(hyperparameters|averaging)/, 'Training'],
  [/\/data\//, 'Data'],
  [/\/device\//, 'Device'],
  [/\/(scheduler|kernels|model)\//, 'Plans'],
  [/\/errors/, 'Errors'],
];
const ORDER = [
  'Training', 'Layers and losses', 'Inits', 'Optimizers', 'Regularizers', 'Schedules', 'Data', 'Device', 'Plans', 'Errors',
  'Standalone updates', 'Update rules', 'Penalties', 'Kernels', 'Whole network', '*',
];

/** Long lines of code and wide tables scroll by themselves, so that a phone shows the page at its own width. */
const STYLE = `.tsd-typography table { display: block; max-width: 100%; overflow-x: auto; }
.tsd-typography td:last-child { min-width: 12em; }
pre { overflow-x: auto; }
pre:has(code.wgsl) { white-space: pre; }
pre code { padding-right: 1rem; }
`;

/** Writes pages as project documents, children beside their parents. @returns the files of the top level */
function writePages(folder: string, list: readonly Page[]): string[] {
  return list.map(({ name, title, text, children = [] }) => {
    const head = [`title: ${JSON.stringify(title)}`, ...(children.length > 0 ? ['children:', ...children.map((page) => `  - ./${page.name}.md`)] : [])];
    writeFileSync(join(folder, `${name}.md`), `---\n${head.join('\n')}\n---\n\n# ${title}\n\n${text}\n`);
    writePages(folder, children);
    return join(folder, `${name}.md`);
  });
}

/** Formulas are indented in the sources, where they read best so; here they become blocks of code. */
function showFormulas({ summary }: Comment): void {
  if (summary.some(({ kind }) => kind !== 'text' && kind !== 'code')) return;
  // One formula to a line, but for what stands behind a label.
  const shown = (line: string): string => (/^\w+: /.test(line) ? line : line.replace(/; {2}/g, '\n'));
  const block = (lines: string): string =>
    `\n\`\`\`text\n${lines.trimEnd().replaceAll('`', '').split('\n').map((line) => shown(line.slice(2))).join('\n')}\n\`\`\`\n`;
  const text = summary.map((part) => part.text).join('');
  if (/^([-*]|\d+\.) |```/m.test(text)) return; // a list is indented too
  summary.splice(0, summary.length, { kind: 'text', text: text.replace(/(?:^ {2,}\S.*\n?)+/gm, block).replace(/\n(?=Source: )/g, '\n\n') });
}

/** `@param options.x` describes a property of the options' type; TypeDoc drops it where that is an interface. */
function describeOptions({ comment, parameters = [] }: SignatureReflection): void {
  for (const { tag, name = '', content } of comment?.blockTags ?? []) {
    const [, holder, key] = /^(\w+)\.(\w+)$/.exec(tag === '@param' ? name : '') ?? [];
    const type = parameters.find((parameter) => parameter.name === holder)?.type;
    const target = type instanceof ReferenceType ? (type.reflection as DeclarationReflection | undefined) : undefined;
    const property = target?.children?.find((child) => child.name === key);
    // Its further lines are indented, and no formula.
    const words = content.map((part) => ({ ...part, text: part.text.replace(/\n +/g, ' ') }));
    if (property !== undefined) property.comment ??= new Comment(words);
  }
}

function categorize(project: ProjectReflection): void {
  for (const module of project.children ?? []) {
    for (const reflection of module.children ?? []) {
      const file = reflection.sources?.[0]?.fullFileName.replaceAll('\\', '/') ?? '';
      const category = CATEGORIES.find(([pattern]) => pattern.test(file))?.[1];
      if (category === undefined || reflection.kindOf(ReflectionKind.Module)) continue;
      reflection.comment ??= new Comment();
      reflection.comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: category }]));
    }
  }
}

/** Names that TypeDoc does not know by itself: of the entries, and of options that a function takes apart at once. */
function nameThings({ converter }: Application): void {
  converter.on(Converter.EVENT_CREATE_DECLARATION, (_, reflection: DeclarationReflection) => {
    if (!reflection.kindOf(ReflectionKind.Module)) return;
    reflection.name = ['gradshader', reflection.name.replace(/^src\/?/, '')].filter((part) => part !== '').join('/');
  });
  converter.on(Converter.EVENT_CREATE_SIGNATURE, (_, signature: SignatureReflection) => {
    for (const parameter of signature.parameters ?? []) {
      if (parameter.name === '__namedParameters') parameter.name = 'options';
    }
  });
  converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    categorize(project);
    for (const reflection of Object.values(project.reflections)) {
      if (reflection instanceof SignatureReflection) describeOptions(reflection);
      if (reflection.comment !== undefined) showFormulas(reflection.comment);
    }
  }, 1000);
}

/**
 * Builds the documentation as a folder of HTML pages.
 * @param options.root the project's folder
 * @param options.out folder to write; what was in it is removed
 * @throws Error when TypeDoc finds something wrong, in its words
 */
export async function buildDocs({ root, out }: { root: string; out: string }): Promise<void> {
  const made = mkdtempSync(join(tmpdir(), 'gradshader-docs-'));
  try {
    const table = join(root, 'src', 'model', 'pairs.md');
    writeFileSync(join(made, 'style.css'), STYLE);
    const app = await Application.bootstrap({
      name: 'gradshader',
      entryPoints: ENTRIES.map((entry) => join(root, 'src', entry)).filter((path) => existsSync(path)),
      tsconfig: join(root, 'src', 'tsconfig.json'),
      basePath: root,
      readme: join(root, 'README.md'),
      projectDocuments: writePages(made, pages(existsSync(table) ? readFileSync(table, 'utf8') : undefined)),
      includeVersion: true,
      highlightLanguages: ['typescript', 'sh', 'wgsl', 'python'],
      // Types are checked by the test command.
      skipErrorChecking: true,
      // Types that only occur inside public ones are not pages of their own.
      validation: { notExported: false, invalidLink: true, notDocumented: false },
      excludeExternals: true,
      disableGit: true,
      sourceLinkTemplate: '{path}',
      hideGenerator: true,
      customCss: join(made, 'style.css'),
      sort: ['documents-last', 'kind', 'alphabetical-ignoring-documents'],
      kindSortOrder: ['Class', 'Function', 'Variable', 'TypeAlias', 'Interface', 'Module', 'Document'],
      includeHierarchySummary: false,
      categorizeByGroup: false,
      categoryOrder: ORDER,
      navigation: { includeCategories: true, includeGroups: false, includeFolders: false, compactFolders: false },
      logLevel: 'Warn',
    });
    nameThings(app);
    const project = await app.convert();
    if (project !== undefined) {
      // The page has a title of its own.
      const [first] = project.readme ?? [];
      if (first !== undefined) first.text = first.text.replace(/^# .*\n+/, '');
      // Files are named, not linked: the pages may be read anywhere.
      for (const { sources } of Object.values(project.reflections) as DeclarationReflection[]) sources?.forEach((source) => delete source.url);
      await app.generateDocs(project, out);
    }
    if (project === undefined || app.logger.hasErrors()) throw new Error('The documentation was not built: see the messages above.');
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}
